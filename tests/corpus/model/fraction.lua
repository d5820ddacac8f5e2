ConvTranspose1d{4, 4, 2.5, name="a"}
