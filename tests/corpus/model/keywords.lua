ConvTranspose1d{in_channels=6, out_channels=4, kernel_size=3, stride=2,
                padding=1, output_padding=1, groups=2, bias=false, dilation=1,
                dtype="float64", layout="ncl", length=32, name="a"}
