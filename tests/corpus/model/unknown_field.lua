ConvTranspose1d{4, 4, 4, stirde=2, name="a"}
