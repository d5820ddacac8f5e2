-- Matcha-TTS decoder: text to speech, flow-matching decoder.
--
-- Source:   https://github.com/shivammehta25/Matcha-TTS at 108906c603fa
--           matcha/models/components/decoder.py:144,302-308;
--           configs/model/decoder/default.yaml:1
-- Verified: every value.
-- Before:   transformer block
-- After:    x mask; once per ODE step (10)
--
-- Typical input length: a whole signal; a step of a stream.
--   up_blocks.0.upsample      43      22

ConvTranspose1d{256, 256, 4, stride=2, padding=1, name="up_blocks.0.upsample"}
