-- so-vits-svc 4.1: singing voice conversion, waveform decoder.
--
-- Source:   https://github.com/svc-develop-team/so-vits-svc at 730930d337d1
--           vdecoder/hifigan/models.py:338-342;
--           configs_template/config_template.json:53-55
-- Verified: every value.
-- Before:   leaky_relu(0.1)
-- After:    + NSF source; then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      86      43
--   ups.1     688     344
--   ups.2    5504    2752
--   ups.3   11008    5504
--   ups.4   22016   11008

ConvTranspose1d{512, 256, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{256, 128, 16, stride=8, padding=4, name="ups.1"}
ConvTranspose1d{128, 64, 4, stride=2, padding=1, name="ups.2"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.3"}
ConvTranspose1d{32, 16, 4, stride=2, padding=1, name="ups.4"}
