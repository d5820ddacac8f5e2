-- Stereo upsamplers, one for each rate: straight lines between the samples.
--
-- The weights (a triangle for each channel) come at run time; what is fixed
-- here is the shape, and the build makes C of it.

for _, rate in ipairs{2, 3, 5} do
    ConvTranspose1d{2, 2, 2 * rate - 1, stride=rate, padding=rate - 1,
                    groups=2, bias=false, name="by" .. rate}
end
