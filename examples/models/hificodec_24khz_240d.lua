-- HiFi-Codec 24k-240d: neural audio codec, decoder.
--
-- Source:   https://github.com/yangdongchao/AcademiCodec at b6ac134735f6
--           academicodec/models/hificodec/models.py:139-153;
--           egs/HiFi-Codec-24k-240d/config_24k_240d.json:11-13
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0     100      10
--   ups.1     800      80
--   ups.2    4000     400
--   ups.3   12000    1200

ConvTranspose1d{512, 256, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{256, 128, 11, stride=5, padding=3, name="ups.1"}
ConvTranspose1d{128, 64, 7, stride=3, padding=2, name="ups.2"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.3"}
