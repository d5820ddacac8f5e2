-- TF-GridNet (espnet defaults): speech separation.
--
-- Source:   https://github.com/espnet/espnet
--           espnet2/enh/separator/tfgridnet_separator.py GridNetBlock
--           (194e908ab51a)
-- Verified: every value.
-- Before:   BLSTM output
-- After:    intra_linear: residual add; batch = 126 frames (1 s at 8 kHz, hop
--           64)
--           inter_linear: residual add; batch = 65 bins
--
-- Typical input length:
--   intra_linear      62
--   inter_linear     123

ConvTranspose1d{384, 48, 4, name="intra_linear"}
ConvTranspose1d{384, 48, 4, name="inter_linear"}
