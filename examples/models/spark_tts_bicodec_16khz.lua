-- Spark-TTS BiCodec 16k: text to speech, codec decoder.
--
-- Source:   https://github.com/SparkAudio/Spark-TTS at 2f1ea9082400
--           decoder.0 to decoder.3:
--           sparktts/modules/encoder_decoder/wave_generator.py:30-52,62-80
--           (config on Hugging Face)
--           SamplingBlock: sparktts/modules/blocks/samper.py:44-56,106
-- Verified: decoder.0 to decoder.3: unverified values (code verified;
--           rates/kernels/channels recalled from the Hugging Face config).
--           SamplingBlock: partly (the file's own example; the released
--           sample_ratios were not found).
-- Before:   decoder.0 to decoder.3: Snake1d
--           SamplingBlock: leaky_relu(0.2)
-- After:    decoder.0 to decoder.3: 3 residual units
--           SamplingBlock: + repeat_interleave of input
--
-- Typical input length: a whole signal; a step of a stream.
--   decoder.0          50       5
--   decoder.1         400      40
--   decoder.2        2000     200
--   decoder.3        8000     800
--   SamplingBlock      50       5

ConvTranspose1d{1536, 768, 16, stride=8, padding=4, name="decoder.0"}
ConvTranspose1d{768, 384, 11, stride=5, padding=3, name="decoder.1"}
ConvTranspose1d{384, 192, 8, stride=4, padding=2, name="decoder.2"}
ConvTranspose1d{192, 96, 4, stride=2, padding=1, name="decoder.3"}
ConvTranspose1d{1024, 1024, 4, stride=2, padding=1, name="SamplingBlock"}
