ConvTranspose1d{4, 4, 4, name="a"}
ConvTranspose1d{4, 4, 5, name="a"}
