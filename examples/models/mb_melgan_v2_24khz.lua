-- MB-MelGAN v2 24k (PWG csmsc): multi-band vocoder.
--
-- Source:   https://github.com/kan-bayashi/ParallelWaveGAN at 86740373ec60
--           ups.0 to ups.2: parallel_wavegan/models/melgan.py:87-113;
--           egs/csmsc/voc1/conf/multi_band_melgan.v2.yaml:39-40
--           pqmf.updown: parallel_wavegan/layers/pqmf.py:113-118,146-149
-- Verified: every value.
-- Before:   ups.0 to ups.2: leaky_relu(0.2)
--           pqmf.updown: tanh (4 sub-bands)
-- After:    ups.0 to ups.2: then 4 residual stacks
--           pqmf.updown: x4 zero-stuffing by identity weight, then 63-tap
--           synthesis conv1d
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0            80      20
--   ups.1           400     100
--   ups.2          2000     500
--   pqmf.updown    6000    1500

ConvTranspose1d{384, 192, 10, stride=5, padding=3,
                output_padding=1, name="ups.0"}
ConvTranspose1d{192, 96, 10, stride=5, padding=3,
                output_padding=1, name="ups.1"}
ConvTranspose1d{96, 48, 6, stride=3, padding=2, output_padding=1, name="ups.2"}
ConvTranspose1d{4, 4, 4, stride=4, bias=false, name="pqmf.updown"}
