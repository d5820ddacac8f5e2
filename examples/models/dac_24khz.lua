-- DAC 24k: neural audio codec, decoder.
--
-- Source:   https://github.com/descriptinc/descript-audio-codec at
--           c7cfc5d2647e
--           dac/model/dac.py:95-112; conf/final/24khz.yml:2-6
-- Verified: every value.
-- Before:   Snake1d
-- After:    decoder.0, decoder.2, decoder.3: 3 residual units
--           decoder.1: 3 residual units; L_out=5*L-1
--
-- Typical input length: a whole signal; a step of a stream.
--   decoder.0      75       8
--   decoder.1     600      64
--   decoder.2    2999     319
--   decoder.3   11996    1276

local channels = 1536

for i, rate in ipairs{8, 5, 4, 2} do
    ConvTranspose1d{channels, channels // 2, 2 * rate, stride=rate,
                    padding=(rate + 1) // 2, name="decoder." .. (i - 1)}
    channels = channels // 2
end
