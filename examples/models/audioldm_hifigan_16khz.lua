-- AudioLDM HiFi-GAN 16k: vocoder of a text-to-audio model.
--
-- Source:   https://github.com/haoheliu/AudioLDM at 4054cb418ba3
--           audioldm/hifigan/models.py:124-134;
--           audioldm/hifigan/utilities.py:18-20
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    ups.0: then mean of 3 MRF resblocks; L_out=5*L+1
--           ups.1 to ups.4: then mean of 3 MRF resblocks
--
-- Typical input length:
--   ups.0     100
--   ups.1     501
--   ups.2    2004
--   ups.3    4008
--   ups.4    8016

ConvTranspose1d{1024, 512, 16, stride=5, padding=5, name="ups.0"}
ConvTranspose1d{512, 256, 16, stride=4, padding=6, name="ups.1"}
ConvTranspose1d{256, 128, 8, stride=2, padding=3, name="ups.2"}
ConvTranspose1d{128, 64, 4, stride=2, padding=1, name="ups.3"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.4"}
