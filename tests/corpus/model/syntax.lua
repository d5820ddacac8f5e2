-- a file with an error in line 3

ConvTranspose1d{4, 4, 4,, name="a"}
