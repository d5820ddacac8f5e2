-- Diffusion Policy low-dim / DDIM real robot: robot control, upsampling of the
-- U-Net.
--
-- Source:   https://github.com/real-stanford/diffusion_policy at 5ba07ac6661d
--           diffusion_policy/model/diffusion/conv1d_components.py:15-21;
--           diffusion_policy/config/
--           train_diffusion_unet_real_hybrid_workspace.yaml:12,48;
--           diffusion_policy/config/
--           train_diffusion_unet_lowdim_workspace.yaml:14,33
-- Verified: every value.
-- Before:   residual block (Mish)
-- After:    concat skip; horizon 16, once per denoising step
--
-- Typical input length:
--   up.512       4
--   up.256       8

ConvTranspose1d{512, 512, 4, stride=2, padding=1, name="up.512"}
ConvTranspose1d{256, 256, 4, stride=2, padding=1, name="up.256"}
