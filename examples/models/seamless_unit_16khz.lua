-- Seamless unit vocoder 16k (code HiFi-GAN): speech translation, units to
-- waveform.
--
-- Source:   https://github.com/facebookresearch/seamless_communication at
--           90e2b57ac4d8
--           src/seamless_communication/models/vocoder/hifigan.py:154-167;
--           src/seamless_communication/models/vocoder/builder.py:45-47
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks
--
-- Typical input length:
--   ups.0      50
--   ups.1     250
--   ups.2    1000
--   ups.3    4000
--   ups.4    8000

ConvTranspose1d{512, 256, 11, stride=5, padding=3, name="ups.0"}
ConvTranspose1d{256, 128, 8, stride=4, padding=2, name="ups.1"}
ConvTranspose1d{128, 64, 8, stride=4, padding=2, name="ups.2"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.3"}
ConvTranspose1d{32, 16, 4, stride=2, padding=1, name="ups.4"}
