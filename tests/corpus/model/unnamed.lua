ConvTranspose1d{4, 4, 4}
ConvTranspose1d{4, 4, 5}
