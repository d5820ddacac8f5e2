-- DAC 44.1k: neural audio codec, decoder.
--
-- Source:   https://github.com/descriptinc/descript-audio-codec at
--           c7cfc5d2647e
--           dac/model/dac.py:95-112; conf/final/44khz.yml:2-6
-- Verified: every value.
-- Before:   Snake1d
-- After:    3 residual units
--
-- Typical input length: a whole signal; a step of a stream.
--   decoder.0      87       9
--   decoder.1     696      72
--   decoder.2    5568     576
--   decoder.3   22272    2304

local channels = 1536

for i, rate in ipairs{8, 8, 4, 2} do
    ConvTranspose1d{channels, channels // 2, 2 * rate, stride=rate,
                    padding=(rate + 1) // 2, name="decoder." .. (i - 1)}
    channels = channels // 2
end
