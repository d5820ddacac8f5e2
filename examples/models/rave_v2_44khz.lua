-- RAVE v2 44.1k: real-time variational autoencoder, decoder.
--
-- Source:   https://github.com/acids-ircam/RAVE at f048ec4569af
--           rave/blocks.py:645-660; rave/configs/v2.gin:19-20,43-51;
--           rave/configs/v1.gin:13-17
-- Verified: every value.
-- Before:   leaky_relu(0.2)
-- After:    3 dilated units; real-time: cached_conv keeps the overlapping tail
--
-- Typical input length: a whole signal; a step of a stream.
--   gen.0      22       1
--   gen.1      44       2
--   gen.2     176       8
--   gen.3     704      32

ConvTranspose1d{1536, 768, 4, stride=2, padding=1, name="gen.0"}
ConvTranspose1d{768, 384, 8, stride=4, padding=2, name="gen.1"}
ConvTranspose1d{384, 192, 8, stride=4, padding=2, name="gen.2"}
ConvTranspose1d{192, 96, 8, stride=4, padding=2, name="gen.3"}
