local channels = 512
for i, rate in ipairs{8, 8, 2, 2} do
    ConvTranspose1d{channels, channels // 2, 2 * rate, stride=rate,
                    padding=rate // 2, name="ups." .. i - 1}
    channels = channels // 2
end
