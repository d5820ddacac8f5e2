ConvTranspose1d{4, 4, 1e300, name="a"}
