-- iSTFTNet V1 (C8C8I): vocoder that ends in an inverse STFT.
--
-- Source:   https://github.com/rishikksh20/iSTFTNet-pytorch at d10fe7d5b5d5
--           models.py:84-89; config_v1.json:12-14,17-18
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks; last: reflection pad 1, conv, iSTFT
--           n_fft16 hop4
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      86      32
--   ups.1     688     256

ConvTranspose1d{512, 256, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{256, 128, 16, stride=8, padding=4, name="ups.1"}
