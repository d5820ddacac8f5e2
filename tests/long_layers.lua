-- What tests/models.sh generates to hold files below their limit: two tap sets,
-- each with whole tiles and some rows left over, make the longest code.
local kernels = {{5, 3}, {7, 4}, {8, 5}, {11, 6}, {13, 8}, {25, 9}, {32, 5}}
for _, dtype in ipairs {"float32", "float64"} do
    for _, kernel in ipairs(kernels) do
        for _, out_channels in ipairs {5, 6, 9, 13, 20, 22, 29, 35, 43, 61} do
            local kernel_size, stride = kernel[1], kernel[2]
            ConvTranspose1d{33, out_channels, kernel_size, stride=stride,
                dtype=dtype, name=dtype .. "_" .. out_channels .. "_"
                    .. kernel_size .. "_" .. stride}
        end
    end
end
