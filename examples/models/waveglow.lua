-- WaveGlow: flow vocoder; the upsampling of its mel input.
--
-- Source:   https://github.com/NVIDIA/waveglow at 8afb643df592
--           glow.py:183-185,252-256; config.json waveglow_config
-- Verified: every value.
-- Before:   log-mel input
-- After:    cut last k - s; unfold into groups of 8
--
-- Typical input length:
--   upsample      86

ConvTranspose1d{80, 80, 1024, stride=256, name="upsample"}
