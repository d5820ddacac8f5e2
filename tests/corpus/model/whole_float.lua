ConvTranspose1d{4, 4, 4.0, stride=2.0, name="a"}
