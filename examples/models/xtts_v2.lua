-- XTTS v2 HifiDecoder: text to speech, waveform decoder.
--
-- Source:   https://github.com/coqui-ai/TTS at dbf1a08a0d4e
--           TTS/tts/layers/xtts/hifigan_decoder.py:231-243,626-630;
--           TTS/tts/models/xtts.py:180-183,618
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    + speaker cond; then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      94      87
--   ups.1     752     696
--   ups.2    6016    5568
--   ups.3   12032   11136

ConvTranspose1d{512, 256, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{256, 128, 16, stride=8, padding=4, name="ups.1"}
ConvTranspose1d{128, 64, 4, stride=2, padding=1, name="ups.2"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.3"}
