-- HTDemucs (v4) time branch: music source separation, decoder.
--
-- Source:   https://github.com/facebookresearch/demucs at e976d93ecc38
--           demucs/hdemucs.py:280-283,302-321;
--           demucs/htdemucs.py:66-80,250-345; conf/config.yaml:195-220
--           (segment 7.8 s = 343980 samples)
-- Verified: every value.
-- Before:   GLU(conv3) + skip
-- After:    tdecoder.0 to tdecoder.2: keep [2:2+length]; GELU
--           tdecoder.3: keep [2:2+length]; none
--
-- Typical input length:
--   tdecoder.0    1344
--   tdecoder.1    5375
--   tdecoder.2   21499
--   tdecoder.3   85995

ConvTranspose1d{384, 192, 8, stride=4, name="tdecoder.0"}
ConvTranspose1d{192, 96, 8, stride=4, name="tdecoder.1"}
ConvTranspose1d{96, 48, 8, stride=4, name="tdecoder.2"}
ConvTranspose1d{48, 8, 8, stride=4, name="tdecoder.3"}
