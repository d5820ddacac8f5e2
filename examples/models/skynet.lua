-- Skynet (regional picker): seismic phase picking, decoder.
--
-- Source:   https://github.com/seisbench/seisbench at afac5f1ee200
--           seisbench/models/skynet.py:108-145,170-205 (30000 samples)
-- Verified: every value.
-- Before:   ReLU(BN)
-- After:    BN, ReLU, concat one zero column where short, concat skip
--
-- Typical input length:
--   dconv0      30
--   dconv1     118
--   dconv3     469
--   dconv5    1875
--   dconv7    7500

ConvTranspose1d{40, 32, 7, stride=4, padding=3, name="dconv0"}
ConvTranspose1d{32, 22, 7, stride=4, padding=3, name="dconv1"}
ConvTranspose1d{22, 16, 7, stride=4, padding=2, name="dconv3"}
ConvTranspose1d{16, 11, 7, stride=4, padding=2, name="dconv5"}
ConvTranspose1d{11, 8, 7, stride=4, padding=2, name="dconv7"}
