-- DPRNN-TasNet (asteroid wham): speech separation, learned synthesis filters.
--
-- Source:   https://github.com/asteroid-team/asteroid at 92c8d83a9dbe
--           egs/wham/DPRNN/local/conf.yml:3-5
-- Verified: partly (filterbank code is a separate package).
-- Before:   mask * encoder features
-- After:    once per source
--
-- Typical input length:
--   decoder    7999

ConvTranspose1d{64, 1, 2, bias=false, name="decoder"}
