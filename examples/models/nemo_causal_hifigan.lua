-- NeMo CausalHiFiGANDecoder (class defaults): decoder of a causal speech
-- codec.
--
-- Source:   https://github.com/NVIDIA/NeMo at 8cfedd720346
--           nemo/collections/tts/modules/
--           audio_codec_modules.py:491-541,1899-1962
-- Verified: partly (code yes; 512/(8,8,2,2) are class defaults, the NanoCodec
--           release config is not in the repo).
-- Before:   leaky_relu
-- After:    cut last k-s (causal); grouped: 2 in-channels per out-channel
--
-- Typical input length: a whole signal; a step of a stream.
--   up.0      86       4
--   up.1     688      32
--   up.2    5504     256
--   up.3   11008     512

ConvTranspose1d{512, 256, 16, stride=8, groups=256, name="up.0"}
ConvTranspose1d{256, 128, 16, stride=8, groups=128, name="up.1"}
ConvTranspose1d{128, 64, 4, stride=2, groups=64, name="up.2"}
ConvTranspose1d{64, 32, 4, stride=2, groups=32, name="up.3"}
