-- Demucs v1 (music): music source separation, decoder.
--
-- Source:   https://github.com/facebookresearch/demucs at e976d93ecc38
--           at commit 7cf5c60 (2019-11-25): demucs/model.py line 148 and
--           demucs/parser.py lines 105-125
-- Verified: every value.
-- Before:   GLU(conv)
-- After:    decoder.0 to decoder.4: ReLU; full output kept, skip is
--           centre-trimmed
--           decoder.5: none; full output kept, skip is centre-trimmed
--
-- Typical input length:
--   decoder.0      10
--   decoder.1      44
--   decoder.2     180
--   decoder.3     724
--   decoder.4    2900
--   decoder.5   11604

ConvTranspose1d{3200, 1600, 8, stride=4, name="decoder.0"}
ConvTranspose1d{1600, 800, 8, stride=4, name="decoder.1"}
ConvTranspose1d{800, 400, 8, stride=4, name="decoder.2"}
ConvTranspose1d{400, 200, 8, stride=4, name="decoder.3"}
ConvTranspose1d{200, 100, 8, stride=4, name="decoder.4"}
ConvTranspose1d{100, 8, 8, stride=4, name="decoder.5"}
