-- SNAC 24k (Orpheus-TTS): multi-scale neural codec, decoder.
--
-- Source:   https://github.com/hubertsiuzdak/snac at f49016a4d881
--           snac/layers.py:128-146; snac/
--           snac.py:14-31; values from Hugging Face
--           config.json via 4 agreeing copies (2 others disagree)
-- Verified: yes (code) / config via copies.
-- Before:   Snake1d
-- After:    NoiseBlock; 3 depthwise residual units
--
-- Typical input length: a whole signal; a step of a stream.
--   decoder.0      47      16
--   decoder.1     376     128
--   decoder.2    3008    1024
--   decoder.3   12032    4096

local channels = 1024

for i, rate in ipairs{8, 8, 4, 2} do
    ConvTranspose1d{channels, channels // 2, 2 * rate, stride=rate,
                    padding=(rate + 1) // 2, name="decoder." .. (i - 1)}
    channels = channels // 2
end
