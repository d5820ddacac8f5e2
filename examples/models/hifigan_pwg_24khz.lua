-- HiFi-GAN 24k (PWG csmsc): vocoder.
--
-- Source:   https://github.com/kan-bayashi/ParallelWaveGAN at 86740373ec60
--           parallel_wavegan/models/hifigan.py:93-110;
--           egs/csmsc/voc1/conf/hifigan.v1.yaml:36-41
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      80      20
--   ups.1     400     100
--   ups.2    2000     500
--   ups.3    8000    2000

ConvTranspose1d{512, 256, 10, stride=5, padding=3,
                output_padding=1, name="ups.0"}
ConvTranspose1d{256, 128, 10, stride=5, padding=3,
                output_padding=1, name="ups.1"}
ConvTranspose1d{128, 64, 8, stride=4, padding=2, name="ups.2"}
ConvTranspose1d{64, 32, 6, stride=3, padding=2, output_padding=1, name="ups.3"}
