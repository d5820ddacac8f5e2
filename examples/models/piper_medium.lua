-- Piper x-low/low/medium: text to speech, waveform decoder.
--
-- Source:   https://github.com/rhasspy/piper at 73c04d81d559
--           src/python/piper_train/vits/models.py:321-333;
--           src/python/piper_train/vits/lightning.py:26-35;
--           src/python/piper_train/vits/config.py:29-40
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks (ResBlock2)
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      86      32
--   ups.1     688     256
--   ups.2    5504    2048

ConvTranspose1d{256, 128, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{128, 64, 16, stride=8, padding=4, name="ups.1"}
ConvTranspose1d{64, 32, 8, stride=4, padding=2, name="ups.2"}
