ConvTranspose1d{4, 4, 0/0, name="a"}
