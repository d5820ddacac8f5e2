-- Conv-TasNet (kaituoxu): speech separation, learned synthesis filters.
--
-- Source:   https://github.com/kaituoxu/Conv-TasNet at 0d9d9dcd8037
--           src/conv_tasnet.py:115-141; egs/wsj0/run.sh:28-29;
--           src/utils.py:8-45
-- Verified: every value.
-- Before:   mask * encoder features
-- After:    written as Linear 256->20 + overlap_and_add; same op
--
-- Typical input length:
--   basis_signals     799

ConvTranspose1d{256, 1, 20, stride=10, bias=false, name="basis_signals"}
