-- Opus FWGAN-500 (research): vocoder, feature upsampling.
--
-- Source:   https://github.com/xiph/opus at 3da9f7a6db1c
--           dnn/torch/fwgan/models/fwgan500.py:168-170
-- Verified: every value.
-- Before:   features
-- After:    tanh
--
-- Typical input length: a whole signal; a step of a stream.
--   bfcc_with_corr_upsampler     100       1

ConvTranspose1d{19, 64, 5, stride=5,
                bias=false, name="bfcc_with_corr_upsampler"}
