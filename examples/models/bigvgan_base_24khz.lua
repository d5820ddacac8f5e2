-- BigVGAN base 24k 100band: vocoder, mel spectrogram to 24 kHz audio.
--
-- Source:   https://github.com/NVIDIA/BigVGAN at 7d2b454564a6
--           bigvgan.py:300-318,372-386;
--           configs/bigvgan_base_24khz_100band.json:11-13
-- Verified: every value.
-- Before:   none (previous stage output)
-- After:    then mean of 3 AMP blocks (SnakeBeta, anti-aliased)
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      94      32
--   ups.1     752     256
--   ups.2    6016    2048
--   ups.3   12032    4096

ConvTranspose1d{512, 256, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{256, 128, 16, stride=8, padding=4, name="ups.1"}
ConvTranspose1d{128, 64, 4, stride=2, padding=1, name="ups.2"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.3"}
