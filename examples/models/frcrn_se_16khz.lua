-- FRCRN-SE 16k ConviSTFT: speech enhancement, inverse STFT as layers.
--
-- Source:   https://github.com/modelscope/ClearerVoice-Studio at 6b3774dc79c4
--           istft:
--           clearvoice/clearvoice/models/frcrn_se/conv_stft.py:28-46,185;
--           clearvoice/clearvoice/config/inference/FRCRN_SE_16K.yaml:18-20
--           coff:
--           clearvoice/clearvoice/models/frcrn_se/conv_stft.py:157,188-189
-- Verified: every value.
-- Before:   istft: complex mask
--           coff: window^2
-- After:    istft: divide by overlap-add of window^2
--           coff: normaliser for iSTFT
--
-- Typical input length:
--   istft      51
--   coff       51

ConvTranspose1d{642, 1, 640, stride=320, bias=false, name="istft"}
ConvTranspose1d{640, 1, 640, stride=320, bias=false, name="coff"}
