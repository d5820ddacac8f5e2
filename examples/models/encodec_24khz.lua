-- EnCodec 24k: neural audio codec, causal decoder.
--
-- Source:   https://github.com/facebookresearch/encodec at 0e2d0aed2936
--           encodec/modules/seanet.py:201-210;
--           encodec/modules/conv.py:214-254; encodec/model.py:229-230,264-283
-- Verified: every value.
-- Before:   ELU(1.0)
-- After:    cut last k - s samples, causal; SEANet resblock
--
-- Typical input length: a whole signal; a step of a stream.
--   convtr.0      75       1
--   convtr.1     600       8
--   convtr.2    3000      40
--   convtr.3   12000     160

local channels = 512

for i, rate in ipairs{8, 5, 4, 2} do
    ConvTranspose1d{channels, channels // 2, 2 * rate, stride=rate,
                    name="convtr." .. (i - 1)}
    channels = channels // 2
end
