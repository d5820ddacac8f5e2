ConvTranspose1d{8, 4, 4, stride=2, padding=1, name="ups.0"}
ConvTranspose1d{4, 2, 4, stride=2, padding={0, 2}, name="ups.1"}
