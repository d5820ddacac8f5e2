-- L2I CNN14PSI_stft (class defaults): audio interpretability, decoder.
--
-- Source:   https://github.com/speechbrain/speechbrain at 9c826ef3937b
--           speechbrain/lobes/models/L2I.py:412-424
-- Verified: yes (class defaults dim=128, K=100; length assumed).
-- Before:   mean over freq
-- After:    ReLU
--
-- Typical input length:
--   convt3      50
--   convt5      50
--   convt7      50
--   convt9      50

ConvTranspose1d{128, 128, 7, stride=2, padding=1, name="convt3"}
ConvTranspose1d{128, 64, 3, stride=2, padding=1, name="convt5"}
ConvTranspose1d{64, 32, 4, stride=2, name="convt7"}
ConvTranspose1d{16, 100, 7, name="convt9"}
