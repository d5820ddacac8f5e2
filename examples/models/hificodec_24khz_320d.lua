-- HiFi-Codec 24k-320d: neural audio codec, decoder.
--
-- Source:   https://github.com/yangdongchao/AcademiCodec at b6ac134735f6
--           academicodec/models/hificodec/models.py:139-153;
--           egs/HiFi-Codec-24k-320d/config_24k_320d.json:11-13
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      75       8
--   ups.1     600      64
--   ups.2    3000     320
--   ups.3   12000    1280

ConvTranspose1d{512, 256, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{256, 128, 11, stride=5, padding=3, name="ups.1"}
ConvTranspose1d{128, 64, 8, stride=4, padding=2, name="ups.2"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.3"}
