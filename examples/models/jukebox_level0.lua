-- Jukebox VQ-VAE level 0: music generation, decoder of the finest level.
--
-- Source:   https://github.com/openai/jukebox at 08efbbc1d4ed
--           jukebox/vqvae/encdec.py:29-45,95-105; jukebox/hparams.py:39-58
-- Verified: every value.
-- Before:   Resnet1D (ReLU inside)
-- After:    next block
--
-- Typical input length:
--   dec.0    5512
--   dec.1   11024
--   dec.2   22048

ConvTranspose1d{64, 64, 4, stride=2, padding=1, name="dec.0"}
ConvTranspose1d{64, 64, 4, stride=2, padding=1, name="dec.1"}
ConvTranspose1d{64, 64, 4, stride=2, padding=1, name="dec.2"}
