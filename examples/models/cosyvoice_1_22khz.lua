-- CosyVoice 1 HiFT 22.05k: text to speech, HiFT vocoder.
--
-- Source:   https://github.com/FunAudioLLM/CosyVoice at ace7c47f41bb
--           cosyvoice/hifigan/generator.py:430-443,519-526;
--           examples/libritts/cosyvoice/conf/cosyvoice.yaml:114-124
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    last: reflection pad 1; + source; MRF
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      86     172
--   ups.1     688    1376

ConvTranspose1d{512, 256, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{256, 128, 16, stride=8, padding=4, name="ups.1"}
