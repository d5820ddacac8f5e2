ConvTranspose1d(4, 4, 4)
