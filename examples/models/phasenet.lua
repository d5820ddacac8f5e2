-- PhaseNet: seismic phase picking, decoder.
--
-- Source:   https://github.com/seisbench/seisbench at afac5f1ee200
--           seisbench/models/phasenet.py:132-136,171-190 (3001 samples)
-- Verified: every value.
-- Before:   ReLU(BN(conv))
-- After:    BN, ReLU, cut [1:-2], centre-crop to skip, concat
--
-- Typical input length:
--   up.0      12
--   up.1      47
--   up.2     188
--   up.3     751

ConvTranspose1d{128, 64, 7, stride=4, bias=false, name="up.0"}
ConvTranspose1d{64, 32, 7, stride=4, bias=false, name="up.1"}
ConvTranspose1d{32, 16, 7, stride=4, bias=false, name="up.2"}
ConvTranspose1d{16, 8, 7, stride=4, bias=false, name="up.3"}
