-- ECG denoising AE (12 lead, small repo): denoising autoencoder of 12-lead
-- electrocardiograms.
--
-- Source:   https://github.com/A-M213/ECG_Project
--           ECG_Project/models/autoencoder.py
-- Verified: yes (code via search; length assumes 5000 samples).
-- Before:   ReLU
-- After:    dec.0, dec.2: ReLU
--           dec.4: none
--
-- Typical input length:
--   dec.0     625
--   dec.2    1250
--   dec.4    2500

ConvTranspose1d{128, 64, 3, stride=2, padding=1, output_padding=1, name="dec.0"}
ConvTranspose1d{64, 32, 5, stride=2, padding=2, output_padding=1, name="dec.2"}
ConvTranspose1d{32, 12, 7, stride=2, padding=3, output_padding=1, name="dec.4"}
