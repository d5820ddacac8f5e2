-- StyleTTS2 / Kokoro: text to speech; doubling of the frame rate.
--
-- Source:   https://github.com/yl4579/StyleTTS2 at 5cedc71c333f
--           decode.3.pool: Modules/istftnet.py:424,478-484 (1024+2+64)
--           predictor.F0.1.pool: models.py:386,456,461; Configs/config.yml:37
-- Verified: every value.
-- Before:   AdaIN + leaky_relu(0.2)
-- After:    decode.3.pool: conv 3 1090->512
--           predictor.F0.1.pool: conv 3 512->256 (same layer again in
--           predictor.N)
--
-- Typical input length: a whole signal; a step of a stream.
--   decode.3.pool            40      20
--   predictor.F0.1.pool      40      20

ConvTranspose1d{1090, 1090, 3, stride=2, padding=1, output_padding=1,
                groups=1090, name="decode.3.pool"}
ConvTranspose1d{512, 512, 3, stride=2, padding=1, output_padding=1,
                groups=512, name="predictor.F0.1.pool"}
