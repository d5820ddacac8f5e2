-- AudioDec symAD 48k decoder: streaming neural codec, decoder.
--
-- Source:   https://github.com/facebookresearch/AudioDec at e451e62580a6
--           layers/conv_layer.py:162-205;
--           models/autoencoder/modules/decoder.py:50-56,82-115;
--           config/autoencoder/symAD_vctk_48000_hop300.yaml:33-40
-- Verified: every value.
-- Before:   none (previous residual units)
-- After:    input has 1 replicated/cached frame on the left; keep y[s:-s]
--           (k=2s); 3 residual units (ELU inside)
--
-- Typical input length: a whole signal; a step of a stream.
--   conv_blocks.0     161       2
--   conv_blocks.1     801       6
--   conv_blocks.2    4001      26
--   conv_blocks.3   16001     101

ConvTranspose1d{512, 256, 10, stride=5, name="conv_blocks.0"}
ConvTranspose1d{256, 128, 10, stride=5, name="conv_blocks.1"}
ConvTranspose1d{128, 64, 8, stride=4, name="conv_blocks.2"}
ConvTranspose1d{64, 32, 6, stride=3, name="conv_blocks.3"}
