-- SEGAN+ 16k: speech enhancement, decoder.
--
-- Source:   https://github.com/santi-pdp/segan_pytorch at 052238718b03
--           segan/models/modules.py:100-135;
--           segan/models/generator.py:137-178; ckpt_segan+/train.opts
-- Verified: every value.
-- Before:   concat(x, alpha*skip) / concat(z, x)
-- After:    dec.0 to dec.3: cut last 1 (L_out=4L+1); PReLU
--           dec.4: cut last 1 (L_out=4L+1); tanh
--
-- Typical input length:
--   dec.0      16
--   dec.1      64
--   dec.2     256
--   dec.3    1024
--   dec.4    4096

ConvTranspose1d{2048, 512, 31, stride=4, padding=13, name="dec.0"}
ConvTranspose1d{1024, 256, 31, stride=4, padding=13, name="dec.1"}
ConvTranspose1d{512, 128, 31, stride=4, padding=13, name="dec.2"}
ConvTranspose1d{256, 64, 31, stride=4, padding=13, name="dec.3"}
ConvTranspose1d{128, 1, 31, stride=4, padding=13, name="dec.4"}
