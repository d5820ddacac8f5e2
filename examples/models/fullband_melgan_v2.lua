-- Full-band MelGAN v2 (PWG): vocoder.
--
-- Source:   https://github.com/kan-bayashi/ParallelWaveGAN at 86740373ec60
--           parallel_wavegan/models/melgan.py:87-113;
--           egs/ljspeech/voc1/conf/full_band_melgan.v2.yaml:39-40
-- Verified: every value.
-- Before:   leaky_relu(0.2)
-- After:    then 4 residual stacks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      86      32
--   ups.1     688     256
--   ups.2    5504    2048

ConvTranspose1d{512, 256, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{256, 128, 16, stride=8, padding=4, name="ups.1"}
ConvTranspose1d{128, 64, 8, stride=4, padding=2, name="ups.2"}
