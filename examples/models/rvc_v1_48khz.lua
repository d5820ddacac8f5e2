-- RVC v1 48k: voice conversion, waveform decoder.
--
-- Source:   https://github.com/RVC-Project/
--           Retrieval-based-Voice-Conversion-WebUI
--           at 4338f12c3c28
--           infer/module/models.py:453-464,505-515; configs/v1/48k.json:38-40
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    + NSF source; then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0     100      32
--   ups.1    1000     320
--   ups.2    6000    1920
--   ups.3   12000    3840
--   ups.4   24000    7680

ConvTranspose1d{512, 256, 16, stride=10, padding=3, name="ups.0"}
ConvTranspose1d{256, 128, 16, stride=6, padding=5, name="ups.1"}
ConvTranspose1d{128, 64, 4, stride=2, padding=1, name="ups.2"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.3"}
ConvTranspose1d{32, 16, 4, stride=2, padding=1, name="ups.4"}
