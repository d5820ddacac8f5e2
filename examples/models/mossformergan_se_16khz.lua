-- MossFormerGAN-SE 16k: speech enhancement.
--
-- Source:   https://github.com/modelscope/ClearerVoice-Studio at 6b3774dc79c4
--           clearvoice/clearvoice/models/mossformer_gan_se/
--           generator.py:524-526,348-356
-- Verified: every value.
-- Before:   FSMN features
-- After:    back to 101 bins; batch = frames
--
-- Typical input length:
--   intra_linear     100

ConvTranspose1d{128, 64, 2, name="intra_linear"}
