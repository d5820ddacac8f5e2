-- SpeechTokenizer 16k: neural speech codec, decoder.
--
-- Source:   https://github.com/ZhangXInFD/SpeechTokenizer at 30c96fb32a9f
--           speechtokenizer/modules/seanet.py:222-231;
--           config/spt_base_cfg.json:2-4; speechtokenizer/model.py:42-51
-- Verified: every value.
-- Before:   ELU(1.0)
-- After:    convtr.0: cut 4 left 4 right (non-causal); SEANet resblock
--           convtr.1: cut 3 left 2 right (non-causal); SEANet resblock
--           convtr.2: cut 2 left 2 right (non-causal); SEANet resblock
--           convtr.3: cut 1 left 1 right (non-causal); SEANet resblock
--
-- Typical input length:
--   convtr.0      50
--   convtr.1     400
--   convtr.2    2000
--   convtr.3    8000

local channels = 1024

for i, rate in ipairs{8, 5, 4, 2} do
    ConvTranspose1d{channels, channels // 2, 2 * rate, stride=rate,
                    name="convtr." .. (i - 1)}
    channels = channels // 2
end
