-- SkiM / RE-SepFormer: speech separation, learned synthesis filters.
--
-- Source:   https://github.com/speechbrain/speechbrain at 9c826ef3937b
--           recipes/WSJ0Mix/separation/hparams/skim.yaml:100-103;
--           recipes/WSJ0Mix/separation/hparams/resepformer.yaml:100-103
-- Verified: every value.
-- Before:   mask * encoder features
-- After:    once per speaker; SkiM is made for streaming
--
-- Typical input length: a whole signal; a step of a stream.
--   decoder     999      20

ConvTranspose1d{128, 1, 16, stride=8, bias=false, name="decoder"}
