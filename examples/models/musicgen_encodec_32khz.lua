-- MusicGen EnCodec 32k: neural audio codec of MusicGen, decoder.
--
-- Source:   https://github.com/facebookresearch/audiocraft at 896ec7c47f5e
--           audiocraft/modules/seanet.py:218-232;
--           audiocraft/modules/conv.py:204-243;
--           config/model/encodec/encodec_large_nq4_s640.yaml
-- Verified: every value.
-- Before:   ELU(1.0)
-- After:    convtr.0: cut 4 left 4 right (non-causal); SEANet resblock
--           convtr.1: cut 3 left 2 right (non-causal); SEANet resblock
--           convtr.2, convtr.3: cut 2 left 2 right (non-causal); SEANet
--           resblock
--
-- Typical input length:
--   convtr.0      50
--   convtr.1     400
--   convtr.2    2000
--   convtr.3    8000

local channels = 1024

for i, rate in ipairs{8, 5, 4, 4} do
    ConvTranspose1d{channels, channels // 2, 2 * rate, stride=rate,
                    name="convtr." .. (i - 1)}
    channels = channels // 2
end
