-- HiFi-GAN V3: vocoder, the fast one.
--
-- Source:   https://github.com/jik876/hifi-gan at 4769534d4526
--           models.py:84-89; config_v3.json:11-13
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks (ResBlock2)
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      86      32
--   ups.1     688     256
--   ups.2    5504    2048

local channels = 256
local kernel_sizes = {16, 16, 8}

for i, rate in ipairs{8, 8, 4} do
    local kernel_size = kernel_sizes[i]
    ConvTranspose1d{channels, channels // 2, kernel_size, stride=rate,
                    padding=(kernel_size - rate) // 2,
                    name="ups." .. (i - 1)}
    channels = channels // 2
end
