-- NSF-HiFiGAN 44.1k (openvpi): singing vocoder.
--
-- Source:   https://github.com/openvpi/SingingVocoders at 4d0889c4c180
--           models/nsf_HiFigan/models.py:224-229;
--           configs/ft_hifigan.yaml:71-73
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    + harmonic source; then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      86      43
--   ups.1     688     344
--   ups.2    5504    2752
--   ups.3   11008    5504
--   ups.4   22016   11008

ConvTranspose1d{512, 256, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{256, 128, 16, stride=8, padding=4, name="ups.1"}
ConvTranspose1d{128, 64, 4, stride=2, padding=1, name="ups.2"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.3"}
ConvTranspose1d{32, 16, 4, stride=2, padding=1, name="ups.4"}
