-- Denoiser valentini_nc: speech enhancement, non-causal decoder.
--
-- Source:   https://github.com/facebookresearch/denoiser at 8afd7c166699
--           denoiser/demucs.py:121-127; denoiser/pretrained.py:44 (stride 2,
--           resample 2: k/s=4)
-- Verified: every value.
-- Before:   GLU(conv1)
-- After:    decoder.0 to decoder.3: ReLU; non-causal, no streaming
--           decoder.4: none; non-causal, no streaming
--
-- Typical input length:
--   decoder.0     995
--   decoder.1    1996
--   decoder.2    3998
--   decoder.3    8002
--   decoder.4   16010

ConvTranspose1d{1024, 512, 8, stride=2, name="decoder.0"}
ConvTranspose1d{512, 256, 8, stride=2, name="decoder.1"}
ConvTranspose1d{256, 128, 8, stride=2, name="decoder.2"}
ConvTranspose1d{128, 64, 8, stride=2, name="decoder.3"}
ConvTranspose1d{64, 1, 8, stride=2, name="decoder.4"}
