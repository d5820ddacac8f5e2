-- Diffusion Policy image/hybrid: robot control, upsampling of the U-Net.
--
-- Source:   https://github.com/real-stanford/diffusion_policy at 5ba07ac6661d
--           diffusion_policy/model/diffusion/conv1d_components.py:15-21;
--           diffusion_policy/model/diffusion/conditional_unet1d.py:140-160;
--           diffusion_policy/config/
--           train_diffusion_unet_image_workspace.yaml:12,58
-- Verified: every value.
-- Before:   residual block (Mish)
-- After:    concat skip; horizon 16, once per denoising step
--
-- Typical input length:
--   up.1024       4
--   up.512        8

ConvTranspose1d{1024, 1024, 4, stride=2, padding=1, name="up.1024"}
ConvTranspose1d{512, 512, 4, stride=2, padding=1, name="up.512"}
