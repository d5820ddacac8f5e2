-- MB-MelGAN v2 22k (PWG ljspeech): multi-band vocoder.
--
-- Source:   https://github.com/kan-bayashi/ParallelWaveGAN at 86740373ec60
--           parallel_wavegan/models/melgan.py:87-113;
--           egs/ljspeech/voc1/conf/multi_band_melgan.v2.yaml:43-44
-- Verified: every value.
-- Before:   leaky_relu(0.2)
-- After:    then 4 residual stacks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      86      32
--   ups.1     688     256
--   ups.2    2752    1024

ConvTranspose1d{384, 192, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{192, 96, 8, stride=4, padding=2, name="ups.1"}
ConvTranspose1d{96, 48, 4, stride=2, padding=1, name="ups.2"}
