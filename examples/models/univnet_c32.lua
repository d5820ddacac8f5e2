-- UnivNet c32: vocoder with location-variable convolutions.
--
-- Source:   https://github.com/mindslab-ai/univnet at 9bb2b54838bb
--           model/lvcnet.py:131-134; config/default_c32.yaml:30-36
-- Verified: every value.
-- Before:   leaky_relu(0.2)
-- After:    then LVC blocks
--
-- Typical input length: a whole signal; a step of a stream.
--   convt_pre.0      94      32
--   convt_pre.1     752     256
--   convt_pre.2    6016    2048

ConvTranspose1d{32, 32, 16, stride=8, padding=4, name="convt_pre.0"}
ConvTranspose1d{32, 32, 16, stride=8, padding=4, name="convt_pre.1"}
ConvTranspose1d{32, 32, 8, stride=4, padding=2, name="convt_pre.2"}
