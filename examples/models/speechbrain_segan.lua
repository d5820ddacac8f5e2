-- SpeechBrain SEGAN: speech enhancement, decoder.
--
-- Source:   https://github.com/speechbrain/speechbrain at 9c826ef3937b
--           speechbrain/lobes/models/segan_model.py:77-88,120-130;
--           recipes/Voicebank/enhance/SEGAN/hparams/train.yaml:39
-- Verified: every value.
-- Before:   leaky_relu(0.3) of concat(x, skip)
-- After:    none
--
-- Typical input length:
--   dec.0        8
--   dec.1       16
--   dec.2       32
--   dec.3       64
--   dec.4      128
--   dec.5      256
--   dec.6      512
--   dec.7     1024
--   dec.8     2048
--   dec.9     4096
--   dec.10    8192

ConvTranspose1d{2048, 512, 6, stride=2, padding=2, name="dec.0"}
ConvTranspose1d{1024, 256, 6, stride=2, padding=2, name="dec.1"}
ConvTranspose1d{512, 256, 6, stride=2, padding=2, name="dec.2"}
ConvTranspose1d{512, 128, 6, stride=2, padding=2, name="dec.3"}
ConvTranspose1d{256, 128, 6, stride=2, padding=2, name="dec.4"}
ConvTranspose1d{256, 64, 6, stride=2, padding=2, name="dec.5"}
ConvTranspose1d{128, 64, 6, stride=2, padding=2, name="dec.6"}
ConvTranspose1d{128, 32, 6, stride=2, padding=2, name="dec.7"}
ConvTranspose1d{64, 32, 6, stride=2, padding=2, name="dec.8"}
ConvTranspose1d{64, 16, 6, stride=2, padding=2, name="dec.9"}
ConvTranspose1d{32, 1, 6, stride=2, padding=2, name="dec.10"}
