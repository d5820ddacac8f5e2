-- LeRobot Diffusion Policy: robot control, upsampling of the U-Net.
--
-- Source:   https://github.com/huggingface/lerobot at 7427f31801f9
--           src/lerobot/policies/diffusion/modeling_diffusion.py:691-703;
--           src/lerobot/policies/diffusion/configuration_diffusion.py:105,132
-- Verified: every value.
-- Before:   residual block (Mish)
-- After:    concat skip; horizon 64
--
-- Typical input length:
--   up.1024      16
--   up.512       32

ConvTranspose1d{1024, 1024, 4, stride=2, padding=1, name="up.1024"}
ConvTranspose1d{512, 512, 4, stride=2, padding=1, name="up.512"}
