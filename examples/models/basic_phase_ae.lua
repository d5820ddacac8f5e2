-- BasicPhaseAE: seismic phase picking, decoder.
--
-- Source:   https://github.com/seisbench/seisbench at afac5f1ee200
--           seisbench/models/aepicker.py:75-84,88-99 (600 samples, stride 1)
-- Verified: every value.
-- Before:   nearest upsample (x2/x5/x5/x3)
-- After:    conv5 to conv7: ReLU
--           out: softmax
--
-- Typical input length:
--   conv5       8
--   conv6      40
--   conv7     200
--   out       600

ConvTranspose1d{48, 48, 5, padding=2, name="conv5"}
ConvTranspose1d{48, 24, 5, padding=2, name="conv6"}
ConvTranspose1d{24, 12, 5, padding=2, name="conv7"}
ConvTranspose1d{12, 3, 5, padding=2, name="out"}
