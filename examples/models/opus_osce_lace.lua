-- Opus OSCE LACE: speech codec enhancement, feature upsampling.
--
-- Source:   https://github.com/xiph/opus at 3da9f7a6db1c
--           dnn/torch/osce/models/silk_feature_net_pl.py:68;
--           dnn/torch/osce/utils/templates.py:33-44; dnn/osce.c:212-220
-- Verified: partly (template dims; the shipped weight blob is not in the
--           repo).
-- Before:   tanh(conv2)
-- After:    tanh; GRU; run as a dense layer 128->512 in dnn/osce.c:212-220
--
-- Typical input length: a whole signal; a step of a stream.
--   fnet_tconv      50       1

ConvTranspose1d{128, 128, 4, stride=4, name="fnet_tconv"}
