-- PhaseNetLight: seismic phase picking, decoder.
--
-- Source:   https://github.com/seisbench/seisbench at afac5f1ee200
--           seisbench/models/phasenet.py:396-460;
--           seisbench/models/base.py:2802 (padding 2)
-- Verified: every value.
-- Before:   ReLU(BN)
-- After:    up1 to up4: BN, ReLU, concat skip
--           out: softmax
--
-- Typical input length:
--   up1      12
--   up2      47
--   up3     188
--   up4     751
--   out    3001

ConvTranspose1d{32, 22, 7, stride=4, padding=2, name="up1"}
ConvTranspose1d{44, 16, 7, stride=4, padding=2, output_padding=1, name="up2"}
ConvTranspose1d{32, 11, 7, stride=4, padding=2, name="up3"}
ConvTranspose1d{22, 8, 7, stride=4, padding=3, name="up4"}
ConvTranspose1d{16, 3, 1, name="out"}
