-- GPT-SoVITS v4 vocoder 48k: text to speech, vocoder.
--
-- Source:   https://github.com/RVC-Boss/GPT-SoVITS at 48b1a0169a28
--           GPT_SoVITS/TTS_infer_pack/TTS.py:644-654
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0     100      50
--   ups.1    1000     500
--   ups.2    6000    3000
--   ups.3   12000    6000
--   ups.4   24000   12000

ConvTranspose1d{512, 256, 20, stride=10, padding=5, name="ups.0"}
ConvTranspose1d{256, 128, 12, stride=6, padding=3, name="ups.1"}
ConvTranspose1d{128, 64, 4, stride=2, padding=1, name="ups.2"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.3"}
ConvTranspose1d{32, 16, 4, stride=2, padding=1, name="ups.4"}
