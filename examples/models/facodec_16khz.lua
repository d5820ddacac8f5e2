-- FACodec decoder 16k (NaturalSpeech 3): factorised speech codec, decoder.
--
-- Source:   https://github.com/open-mmlab/Amphion at d3de90f02e7f
--           models/codec/ns3_codec/facodec.py:221-238;
--           models/codec/ns3_codec/README.md:46-55
-- Verified: every value.
-- Before:   anti-aliased SnakeBeta
-- After:    3 residual units
--
-- Typical input length: a whole signal; a step of a stream.
--   decoder.0      80       8
--   decoder.1     400      40
--   decoder.2    2000     200
--   decoder.3    8000     800

ConvTranspose1d{1024, 512, 10, stride=5, padding=3,
                output_padding=1, name="decoder.0"}
ConvTranspose1d{512, 256, 10, stride=5, padding=3,
                output_padding=1, name="decoder.1"}
ConvTranspose1d{256, 128, 8, stride=4, padding=2, name="decoder.2"}
ConvTranspose1d{128, 64, 4, stride=2, padding=1, name="decoder.3"}
