-- SpeechT5 HiFi-GAN: vocoder, 16 kHz speech.
--
-- Source:   https://github.com/huggingface/transformers
--           configuration_speecht5.py SpeechT5HifiGanConfig defaults (=
--           microsoft/speecht5_hifigan)
-- Verified: partly (values from config defaults; padding (k-s)//2 as in
--           VITS/HF HiFi-GAN, not re-read).
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      63      32
--   ups.1     252     128
--   ups.2    1008     512
--   ups.3    4032    2048

ConvTranspose1d{512, 256, 8, stride=4, padding=2, name="ups.0"}
ConvTranspose1d{256, 128, 8, stride=4, padding=2, name="ups.1"}
ConvTranspose1d{128, 64, 8, stride=4, padding=2, name="ups.2"}
ConvTranspose1d{64, 32, 8, stride=4, padding=2, name="ups.3"}
