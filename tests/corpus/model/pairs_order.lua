for k, v in pairs{a=4, b=5} do ConvTranspose1d{4, 4, v, name=k} end
