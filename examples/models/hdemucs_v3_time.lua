-- HDemucs (v3 hybrid) time branch: music source separation, decoder.
--
-- Source:   https://github.com/facebookresearch/demucs at e976d93ecc38
--           demucs/hdemucs.py:265-321,345-358,444-505;
--           conf/config.yaml:126-156 (10 s window)
-- Verified: every value.
-- Before:   tdecoder.0: pre-transpose output of the merged branch (empty
--           layer)
--           tdecoder.1 to tdecoder.4: GLU(conv3) + skip
-- After:    tdecoder.0 to tdecoder.3: keep [2:2+length]; GELU
--           tdecoder.4: keep [2:2+length]; none
--
-- Typical input length:
--   tdecoder.0     431
--   tdecoder.1    1723
--   tdecoder.2    6891
--   tdecoder.3   27563
--   tdecoder.4  110250

ConvTranspose1d{768, 384, 8, stride=4, name="tdecoder.0"}
ConvTranspose1d{384, 192, 8, stride=4, name="tdecoder.1"}
ConvTranspose1d{192, 96, 8, stride=4, name="tdecoder.2"}
ConvTranspose1d{96, 48, 8, stride=4, name="tdecoder.3"}
ConvTranspose1d{48, 8, 8, stride=4, name="tdecoder.4"}
