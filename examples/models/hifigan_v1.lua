-- HiFi-GAN V1: vocoder, mel spectrogram to 22.05 kHz speech.
--
-- Source:   https://github.com/jik876/hifi-gan at 4769534d4526
--           models.py:84-89,103-106; config_v1.json:11-13,21-24
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      86      32
--   ups.1     688     256
--   ups.2    5504    2048
--   ups.3   11008    4096

local channels = 512
local kernel_sizes = {16, 16, 4, 4}

for i, rate in ipairs{8, 8, 2, 2} do
    local kernel_size = kernel_sizes[i]
    ConvTranspose1d{channels, channels // 2, kernel_size, stride=rate,
                    padding=(kernel_size - rate) // 2,
                    name="ups." .. (i - 1)}
    channels = channels // 2
end
