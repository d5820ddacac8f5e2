-- What tests/emitted.sh and tests/aarch64.sh compile and run: a layer for each
-- algorithm and way of walking tap sets, and such of other operators and passes.
ConvTranspose1d{24, 10, 16, stride=8, padding=4, name="one_set"}
ConvTranspose1d{8, 7, 5, stride=3, padding={1, 0}, dtype="float64",
    name="two_sets"}
ConvTranspose1d{4, 3, 40, stride=30, output_padding=7, name="chunked"}
ConvTranspose1d{4, 6, 3, stride=7, groups=2, dilation=2, bias=False,
    name="gaps"}
ConvTranspose1d{2, 3, 150, stride=140, dilation=7, name="folded"}
ConvTranspose1d{2, 1, 150, stride=140, dilation=7, dtype="float64",
    name="folded_f64"}
ConvTranspose1d{3, 5, 90, padding=9, dtype="float64", name="taps_in_a_loop"}
ConvTranspose1d{1, 1, 3, padding=2147483647, dilation=2147483647,
    length=1, name="far_taps"}
ConvTranspose1d{3, 40, 4, stride=2, padding=1, name="turned_2"}
ConvTranspose1d{3, 12, 8, stride=4, name="turned_4"}
ConvTranspose1d{3, 64, 3, padding=1, name="turned_1"}
ConvTranspose1d{3, 32, 5, stride=3, name="spread_2_and_1"}
ConvTranspose1d{3, 34, 6, stride=3, padding=1, name="three_vectors"}
ConvTranspose1d{3, 32, 7, stride=4, name="spread_3_and_1"}
ConvTranspose1d{2, 32, 3, stride=2, padding=1, dtype="float64",
    name="spread_f64"}
ConvTranspose1d{150, 1, 6, stride=3, name="few_rows"}
ConvTranspose1d{2, 61, 7, stride=4, padding=1, name="last_rows_in_whole_tiles"}
ConvTranspose1d{2, 2, 4, stride=2, padding={0, 1}, length=4, name="unrolled"}
ConvTranspose1d{3, 3, 4, stride=2, padding=1, groups=3, name="depthwise"}
ConvTranspose1d{2, 6, 12, stride=4, padding={3, 4}, groups=2, dtype="float64",
    name="depthwise_f64"}
ConvTranspose1d{3, 3, 5, stride=3, groups=3, dilation=2, bias=False,
    name="depthwise_gaps"}
ConvTranspose1d{19, 19, 4, stride=2, padding=1, groups=19, name="frames"}
ConvTranspose1d{20, 20, 5, stride=3, groups=20, dilation=2, dtype="float64",
    name="frames_gaps"}
ConvTranspose1d{2, 2, 16, stride=8, padding=4, groups=2, name="depthwise_8"}
ConvTranspose1d{2, 2, 7, stride=2, padding=40, dilation=31, groups=2,
    name="depthwise_far"}
ConvTranspose1d{2, 4, 6, stride=6, output_padding=1, groups=2, dtype="float64",
    name="depthwise_bare_end"}
Conv1d{24, 10, 16, stride=8, padding=4, name="conv"}
Conv1d{8, 7, 7, padding="same", dtype="float64", name="conv_narrow"}
Conv1d{5, 40, 4, padding={1, 9}, dilation=9, name="conv_apart"}
Conv1d{150, 3, 6, stride=2, bias=False, name="conv_chunked"}
Conv1d{3, 72, 5, stride=3, padding=40, dilation=2, name="conv_far_padding"}
Conv1d{6, 6, 3, padding=1, groups=6, name="conv_depthwise"}
Conv1d{3, 6, 5, stride=2, padding=4, groups=3, name="conv_depthwise_pairs"}
Conv1d{3, 3, 31, padding=15, groups=3, name="conv_depthwise_ends"}
Conv1d{2, 2, 13, stride=2, padding=40, dilation=2, groups=2, dtype="float64",
    name="conv_depthwise_ends_f64"}
Conv1d{3, 3, 20, stride=2, padding=4, dilation=3, groups=3, dtype="float64",
    name="conv_depthwise_taps_in_a_loop"}
Conv1d{2, 2, 4, stride=5, padding={0, 9}, groups=2, weight_dtype="float16",
    name="conv_depthwise_one_by_one"}
Conv1d{3, 3, 7, padding=3, groups=3, pass="grad_input",
    name="conv_depthwise_grad_input"}
Conv1d{4, 6, 90, stride=2, groups=2, dtype="float64", name="conv_taps_in_a_loop"}
Conv1d{1, 1, 3, padding=2147483647, dilation=2147483647, length=1,
    name="conv_far_taps"}
Conv1d{2, 2, 4, stride=2, padding={0, 1}, length=4, name="conv_fixed"}
Conv1d{7, 9, 5, stride=3, padding=2, pass="grad_input",
    name="conv_grad_input"}
Conv1d{6, 4, 3, stride=5, groups=2, dtype="float64", pass="grad_input",
    name="conv_grad_input_gaps"}
ConvTranspose1d{10, 24, 8, stride=4, padding=2, pass="grad_input",
    name="grad_input"}
ConvTranspose1d{3, 3, 4, stride=2, padding=1, output_padding=1, groups=3,
    dtype="float64", pass="grad_input", name="grad_input_depthwise"}
ConvTranspose1d{5, 3, 3, stride=2, output_padding=5, dilation=6,
    pass="grad_input", name="grad_input_beyond"}
Conv1d{9, 35, 5, stride=2, padding=2, pass="grad_weight",
    name="conv_grad_weight"}
ConvTranspose1d{10, 6, 4, stride=2, padding={1, 0}, groups=2,
    dtype="float64", pass="grad_weight", name="grad_weight"}
ConvTranspose1d{19, 19, 11, stride=2, padding=3, groups=19, bias=False,
    pass="grad_weight", name="grad_weight_depthwise"}
Conv1d{10, 10, 4, padding=20, dilation=5, groups=10, dtype="float64",
    layout="nlc", pass="grad_weight", name="nlc_grad_weight_depthwise"}
ConvTranspose1d{9, 35, 5, stride=2, weight_dtype="float16", name="half"}
Conv1d{9, 35, 5, stride=2, weight_dtype="bfloat16", name="conv_brain"}
Conv1d{6, 5, 3, stride=2, weight_dtype="float16",
    pass="grad_input", name="conv_grad_input_half"}
ConvTranspose1d{3, 3, 4, stride=2, padding=1, groups=3,
    weight_dtype="bfloat16", name="depthwise_brain"}
ConvTranspose1d{24, 10, 16, stride=8, padding=4, layout="nlc", name="nlc"}
ConvTranspose1d{8, 7, 5, stride=3, padding={1, 0}, dtype="float64",
    layout="nlc", output_layout="ncl", name="nlc_in"}
ConvTranspose1d{2, 3, 150, stride=140, dilation=7, layout="nlc",
    name="nlc_folded"}
ConvTranspose1d{2, 2, 4, stride=2, padding={0, 1}, length=4,
    output_layout="nlc", name="nlc_unrolled"}
ConvTranspose1d{5, 48, 5, stride=3, padding=2, layout="nlc",
    name="nlc_vectors"}
Conv1d{5, 40, 4, padding={1, 9}, dilation=9, layout="nlc", name="nlc_conv"}
ConvTranspose1d{19, 19, 9, stride=4, padding={3, 1}, groups=19, layout="nlc",
    name="nlc_depthwise"}
Conv1d{9, 9, 30, stride=2, padding=7, groups=9, dtype="float64", layout="nlc",
    name="nlc_conv_depthwise"}
ConvTranspose1d{10, 6, 4, stride=2, groups=2, layout="nlc",
    pass="grad_weight", name="nlc_grad_weight"}
-- So many that they stay narrow, an odd number for each row.
ConvTranspose1d{257, 300, 1, weight_dtype="float16", length=1,
    name="compact_half"}
ConvTranspose1d{181, 77, 9, stride=2, padding=3, weight_dtype="bfloat16",
    length=5, name="compact_brain"}
Conv1d{135, 100, 5, padding=2, weight_dtype="float16", length=9,
    name="conv_compact"}
Conv1d{4, 40, 3, padding=1, pass="grad_weight", length=257,
    name="conv_grad_weight_blocks"}
-- Of few positions, whose lanes are columns.
ConvTranspose1d{66, 7, 17, stride=2, padding=3, pass="grad_weight", length=30,
    name="grad_weight_across"}
Conv1d{5, 18, 4, padding=2, pass="grad_weight", dtype="float64", length=12,
    name="conv_grad_weight_across"}

-- Elements of 16 bits: stored in each way that whole vectors are, rounded.
ConvTranspose1d{24, 10, 16, stride=8, padding=4, dtype="float16", name="f16"}
ConvTranspose1d{3, 12, 8, stride=4, dtype="bfloat16", name="bf16_turned_4"}
ConvTranspose1d{24, 10, 16, stride=8, padding=4, dtype="bfloat16",
    layout="nlc", name="bf16_nlc"}
ConvTranspose1d{4, 6, 3, stride=7, groups=2, dilation=2, bias=False,
    dtype="float16", name="f16_gaps"}
ConvTranspose1d{10, 6, 4, stride=2, groups=2, layout="nlc", dtype="bfloat16",
    pass="grad_weight", name="bf16_nlc_grad_weight"}
-- So many weights that they stay narrow.
ConvTranspose1d{181, 77, 9, stride=2, padding=3, dtype="bfloat16", length=5,
    name="bf16_compact"}
-- Operands rounded.
Conv1d{5, 40, 4, padding={1, 9}, layout="nlc", precision="tf32",
    name="tf32_nlc_conv"}
-- Elements of two parts.
ConvTranspose1d{3, 20, 3, stride=2, padding=1, dilation=3, dtype="complex64",
    name="c64_dilated"}
ConvTranspose1d{4, 6, 8, stride=2, layout="nlc", dtype="complex64",
    pass="grad_weight", name="c64_nlc_grad_weight"}
ConvTranspose1d{8, 7, 5, stride=3, padding={1, 0}, dtype="complex128",
    layout="nlc", output_layout="ncl", name="c128_nlc_in"}
ConvTranspose1d{10, 24, 8, stride=4, padding=2, pass="grad_input",
    dtype="complex64", name="c64_grad_input"}
Conv1d{9, 17, 5, stride=2, padding=2, pass="grad_weight", dtype="complex64",
    name="c64_conv_grad_weight"}

-- Integers, and weights of int8 beside floats.
ConvTranspose1d{24, 10, 16, stride=8, padding=4, dtype="int8", name="i8"}
Conv1d{17, 40, 4, padding={1, 9}, dilation=9, dtype="uint8",
    output_dtype="float32", name="u8_conv_apart"}
ConvTranspose1d{24, 10, 16, stride=8, padding=4, dtype="int8", layout="nlc",
    name="i8_nlc"}
ConvTranspose1d{4, 6, 3, stride=7, groups=2, dilation=2, bias=False,
    dtype="uint8", name="u8_gaps"}
ConvTranspose1d{24, 10, 16, stride=8, padding=4, weight_dtype="int8",
    name="wi8"}
-- So many weights that they stay narrow.
ConvTranspose1d{181, 77, 9, stride=2, padding=3, weight_dtype="int8",
    length=5, name="wi8_compact"}
