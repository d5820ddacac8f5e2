-- Qwen3-Omni code2wav: codec decoder of a multimodal model.
--
-- Source:   https://github.com/huggingface/transformers
--           upsample.0, upsample.1: configuration_qwen3_omni_moe.py
--           Qwen3OmniMoeCode2WavConfig; modeling_qwen3_omni_moe.py
--           Qwen3OmniMoeCausalTransConvNet
--           decoder.0 to decoder.3: configuration_qwen3_omni_moe.py
--           Qwen3OmniMoeCode2WavConfig; modeling_qwen3_omni_moe.py
--           Qwen3OmniMoeCausalTransConvNet/DecoderBlock
-- Verified: every value.
-- Before:   upsample.0, upsample.1: transformer (first) / ConvNeXt
--           decoder.0 to decoder.3: SnakeBeta
-- After:    upsample.0, upsample.1: ConvNeXt block; k=s, no overlap
--           decoder.0: cut 8 left and 8 right (Hugging Face quirk: k-s on both
--           sides); 3 residual units
--           decoder.1: cut 5 left and 5 right (Hugging Face quirk: k-s on both
--           sides); 3 residual units
--           decoder.2: cut 4 left and 4 right (Hugging Face quirk: k-s on both
--           sides); 3 residual units
--           decoder.3: cut 3 left and 3 right (Hugging Face quirk: k-s on both
--           sides); 3 residual units
--
-- Typical input length: a whole signal; a step of a stream.
--   upsample.0      13      25
--   upsample.1      26      50
--   decoder.0       52     100
--   decoder.1      408     792
--   decoder.2     2035    3955
--   decoder.3     8136   15816

ConvTranspose1d{1024, 1024, 2, stride=2, name="upsample.0"}
ConvTranspose1d{1024, 1024, 2, stride=2, name="upsample.1"}
ConvTranspose1d{1536, 768, 16, stride=8, name="decoder.0"}
ConvTranspose1d{768, 384, 10, stride=5, name="decoder.1"}
ConvTranspose1d{384, 192, 8, stride=4, name="decoder.2"}
ConvTranspose1d{192, 96, 6, stride=3, name="decoder.3"}
