-- HDemucs (v3 hybrid): music source separation, first layer after the merge.
--
-- Source:   https://github.com/facebookresearch/demucs at e976d93ecc38
--           demucs/hdemucs.py:265-321,444-470 (index 5, kernel time_stride*2)
-- Verified: partly (length 216 = ceil(431/2) frames for 10 s).
-- Before:   GLU(conv3) + skip
-- After:    GroupNorm(4); keep [1:1+length]; GELU
--
-- Typical input length:
--   decoder.0     216

ConvTranspose1d{1536, 768, 4, stride=2, name="decoder.0"}
