-- Stable Audio Open VAE (Oobleck): autoencoder of a music model, decoder.
--
-- Source:   https://github.com/Stability-AI/stable-audio-tools at 50049e379e2f
--           stable_audio_tools/models/autoencoders.py:266-270,310-345;
--           stable_audio_tools/configs/model_configs/autoencoders/
--           stable_audio_2_0_vae.json:18-27
-- Verified: every value.
-- Before:   SnakeBeta
-- After:    3 residual units (full 47 s clip: 1024 latents)
--
-- Typical input length:
--   decoder.0      22
--   decoder.1     176
--   decoder.2    1408
--   decoder.3    5632
--   decoder.4   22528

ConvTranspose1d{2048, 1024, 16, stride=8, padding=4, name="decoder.0"}
ConvTranspose1d{1024, 512, 16, stride=8, padding=4, name="decoder.1"}
ConvTranspose1d{512, 256, 8, stride=4, padding=2, name="decoder.2"}
ConvTranspose1d{256, 128, 8, stride=4, padding=2, name="decoder.3"}
ConvTranspose1d{128, 128, 4, stride=2, padding=1, name="decoder.4"}
