for i = 1, 100000000 do ConvTranspose1d{1, 1, 1, name="a" .. i} end
