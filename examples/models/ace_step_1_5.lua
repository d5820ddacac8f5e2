-- ACE-Step 1.5 DiT: music generation, output of the transformer.
--
-- Source:   https://github.com/huggingface/diffusers at 58eb52c0803e
--           src/diffusers/models/transformers/
--           ace_step_transformer.py:446-454,521-527
-- Verified: every value.
-- Before:   adaLN RMSNorm
-- After:    patch 2 un-patchify; once per diffusion step; 30 s of audio
--
-- Typical input length:
--   proj_out_conv     375

ConvTranspose1d{2048, 64, 2, stride=2, name="proj_out_conv"}
