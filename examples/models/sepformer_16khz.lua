-- SepFormer 16k (WHAMR/DNS): speech separation, learned synthesis filters.
--
-- Source:   https://github.com/speechbrain/speechbrain at 9c826ef3937b
--           recipes/WHAMandWHAMR/enhancement/hparams/
--           sepformer-whamr-16k.yaml:114-117
-- Verified: every value.
-- Before:   mask * encoder features
-- After:    pad/cut to input length; once per speaker
--
-- Typical input length:
--   decoder    1999

ConvTranspose1d{256, 1, 16, stride=8, bias=false, name="decoder"}
