ConvTranspose1d{512, 256, 16, stride=8, padding=4, name="ups.0"}
