-- SeamlessExpressive PRETSSEL vocoder 24k: speech translation, vocoder.
--
-- Source:   https://github.com/facebookresearch/seamless_communication at
--           90e2b57ac4d8
--           src/seamless_communication/models/generator/vocoder.py:408-424;
--           src/seamless_communication/models/generator/builder.py:235-237
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0     100      32
--   ups.1     500     160
--   ups.2    2000     640
--   ups.3    8000    2560

ConvTranspose1d{512, 256, 10, stride=5, padding=3,
                output_padding=1, name="ups.0"}
ConvTranspose1d{256, 128, 8, stride=4, padding=2, name="ups.1"}
ConvTranspose1d{128, 64, 8, stride=4, padding=2, name="ups.2"}
ConvTranspose1d{64, 32, 6, stride=3, padding=2, output_padding=1, name="ups.3"}
