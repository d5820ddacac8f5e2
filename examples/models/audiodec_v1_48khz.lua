-- AudioDec v1 HiFi-GAN 48k: streaming neural codec, vocoder.
--
-- Source:   https://github.com/facebookresearch/AudioDec at e451e62580a6
--           layers/conv_layer.py:162-205; models/vocoder/HiFiGAN.py:92-103;
--           config/vocoder/AudioDec_v1_symAD_vctk_48000_hop300_clean.yaml:31-34
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    input has 1 replicated/cached frame on the left; keep y[s:-s]
--           (k=2s); grouped multi-fusion blocks
--
-- Typical input length: a whole signal; a step of a stream.
--   upsamples.0     161       2
--   upsamples.1     801       6
--   upsamples.2    4001      26
--   upsamples.3   16001     101

ConvTranspose1d{512, 256, 10, stride=5, name="upsamples.0"}
ConvTranspose1d{256, 128, 10, stride=5, name="upsamples.1"}
ConvTranspose1d{128, 64, 8, stride=4, name="upsamples.2"}
ConvTranspose1d{64, 32, 6, stride=3, name="upsamples.3"}
