-- Demucs v3 time-only (v2: same with channels 64, ReLU): music source
-- separation, decoder.
--
-- Source:   https://github.com/facebookresearch/demucs at e976d93ecc38
--           demucs/demucs.py:353-362,213-240; conf/config.yaml:95-125
-- Verified: every value.
-- Before:   GLU(conv)
-- After:    decoder.0 to decoder.4: GELU (GroupNorm from layer 4); full output
--           kept, skip is centre-trimmed
--           decoder.5: none; full output kept, skip is centre-trimmed
--
-- Typical input length:
--   decoder.0      21
--   decoder.1      88
--   decoder.2     356
--   decoder.3    1428
--   decoder.4    5716
--   decoder.5   22868

ConvTranspose1d{2048, 1024, 8, stride=4, name="decoder.0"}
ConvTranspose1d{1024, 512, 8, stride=4, name="decoder.1"}
ConvTranspose1d{512, 256, 8, stride=4, name="decoder.2"}
ConvTranspose1d{256, 128, 8, stride=4, name="decoder.3"}
ConvTranspose1d{128, 64, 8, stride=4, name="decoder.4"}
ConvTranspose1d{64, 8, 8, stride=4, name="decoder.5"}
