-- GPT-SoVITS v2ProPlus: text to speech, waveform decoder.
--
-- Source:   https://github.com/RVC-Boss/GPT-SoVITS at 48b1a0169a28
--           GPT_SoVITS/module/models.py:458-471;
--           GPT_SoVITS/configs/s2v2ProPlus.json:68-82
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      50      25
--   ups.1     500     250
--   ups.2    4000    2000
--   ups.3    8000    4000
--   ups.4   16000    8000

ConvTranspose1d{768, 384, 20, stride=10, padding=5, name="ups.0"}
ConvTranspose1d{384, 192, 16, stride=8, padding=4, name="ups.1"}
ConvTranspose1d{192, 96, 8, stride=2, padding=3, name="ups.2"}
ConvTranspose1d{96, 48, 2, stride=2, name="ups.3"}
ConvTranspose1d{48, 24, 2, stride=2, name="ups.4"}
