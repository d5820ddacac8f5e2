-- MeloTTS 44.1k: text to speech, waveform decoder.
--
-- Source:   https://github.com/myshell-ai/MeloTTS at 209145371cff
--           melo/models.py:490-503; melo/configs/config.json:75-89
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      86      32
--   ups.1     688     256
--   ups.2    5504    2048
--   ups.3   11008    4096
--   ups.4   22016    8192

ConvTranspose1d{512, 256, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{256, 128, 16, stride=8, padding=4, name="ups.1"}
ConvTranspose1d{128, 64, 8, stride=2, padding=3, name="ups.2"}
ConvTranspose1d{64, 32, 2, stride=2, name="ups.3"}
ConvTranspose1d{32, 16, 2, stride=2, name="ups.4"}
