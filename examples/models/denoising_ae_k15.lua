-- 1-D denoising AE k15 (small repo): denoising autoencoder.
--
-- Source:   https://github.com/dharvpat/Denoising-AutoEncoder
--           models/autoencoder.py
-- Verified: yes (code via search; length assumed).
-- Before:   ReLU
-- After:    dec.0, dec.2: ReLU
--           dec.4: tanh
--
-- Typical input length:
--   dec.0     128
--   dec.2     256
--   dec.4     512

ConvTranspose1d{64, 32, 15, stride=2, padding=7, output_padding=1, name="dec.0"}
ConvTranspose1d{32, 16, 15, stride=2, padding=7, output_padding=1, name="dec.2"}
ConvTranspose1d{16, 1, 15, stride=2, padding=7, output_padding=1, name="dec.4"}
