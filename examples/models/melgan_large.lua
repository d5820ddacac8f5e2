-- MelGAN large (PWG): vocoder.
--
-- Source:   https://github.com/kan-bayashi/ParallelWaveGAN at 86740373ec60
--           parallel_wavegan/models/melgan.py:87-113;
--           egs/ljspeech/voc1/conf/melgan_large.v1.yaml:34-35
-- Verified: every value.
-- Before:   leaky_relu(0.2)
-- After:    then 4 residual stacks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      86      32
--   ups.1     344     128
--   ups.2    1376     512
--   ups.3    5504    2048
--   ups.4   11008    4096

ConvTranspose1d{1024, 512, 8, stride=4, padding=2, name="ups.0"}
ConvTranspose1d{512, 256, 8, stride=4, padding=2, name="ups.1"}
ConvTranspose1d{256, 128, 8, stride=4, padding=2, name="ups.2"}
ConvTranspose1d{128, 64, 4, stride=2, padding=1, name="ups.3"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.4"}
