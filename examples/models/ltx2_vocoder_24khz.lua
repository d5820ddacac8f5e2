-- LTX-2 vocoder 24k: vocoder of a video model's sound track.
--
-- Source:   https://github.com/huggingface/diffusers at 58eb52c0803e
--           ups.0 to ups.4:
--           src/diffusers/pipelines/ltx2/vocoder.py:285-292,330-347
--           hann_resampler: src/diffusers/pipelines/ltx2/vocoder.py:105-142
-- Verified: ups.0 to ups.4: every value.
--           hann_resampler: partly (formula read; ratio 3 = 16k->48k BWE
--           assumed).
-- Before:   ups.0 to ups.4: leaky_relu(0.1)
--           hann_resampler: replicate pad 7+7
-- After:    ups.0 to ups.4: then mean of 3 MRF resblocks
--           hann_resampler: x3 gain; cut 42 left 40 right
--
-- Typical input length:
--   ups.0              100
--   ups.1              600
--   ups.2             3000
--   ups.3             6000
--   ups.4            12000
--   hann_resampler   24014

ConvTranspose1d{1024, 512, 16, stride=6, padding=5, name="ups.0"}
ConvTranspose1d{512, 256, 15, stride=5, padding=5, name="ups.1"}
ConvTranspose1d{256, 128, 8, stride=2, padding=3, name="ups.2"}
ConvTranspose1d{128, 64, 4, stride=2, padding=1, name="ups.3"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.4"}
ConvTranspose1d{2, 2, 43, stride=3, groups=2, bias=false, name="hann_resampler"}
