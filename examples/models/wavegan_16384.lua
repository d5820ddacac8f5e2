-- WaveGAN 16384: audio generation.
--
-- Source:   https://github.com/chrisdonahue/wavegan at 40e85e8adf62
--           wavegan.py:4-21,41-108; train_wavegan.py:595-605
-- Verified: every value.
-- Before:   ReLU
-- After:    upconv_0 to upconv_3: TF SAME: crop 10 left 11 right, so with
--           padding=10 cut last 1; ReLU
--           upconv_4: TF SAME: crop 10 left 11 right, so with padding=10 cut
--           last 1; tanh
--
-- Typical input length:
--   upconv_0      16
--   upconv_1      64
--   upconv_2     256
--   upconv_3    1024
--   upconv_4    4096

ConvTranspose1d{1024, 512, 25, stride=4, padding=10, name="upconv_0"}
ConvTranspose1d{512, 256, 25, stride=4, padding=10, name="upconv_1"}
ConvTranspose1d{256, 128, 25, stride=4, padding=10, name="upconv_2"}
ConvTranspose1d{128, 64, 25, stride=4, padding=10, name="upconv_3"}
ConvTranspose1d{64, 1, 25, stride=4, padding=10, name="upconv_4"}
