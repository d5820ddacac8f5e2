-- MMS-TTS (facebook/mms-tts-*): text to speech in 1100 languages, waveform
-- decoder.
--
-- Source:   https://github.com/huggingface/transformers
--           src/transformers/models/vits/configuration_vits.py VitsConfig
--           defaults (checkpoint facebook/mms-tts-eng)
-- Verified: yes (config) / padding as VITS.
-- Before:   leaky_relu(0.1)
-- After:    then mean of 3 MRF resblocks
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      63      32
--   ups.1     504     256
--   ups.2    4032    2048
--   ups.3    8064    4096

ConvTranspose1d{512, 256, 16, stride=8, padding=4, name="ups.0"}
ConvTranspose1d{256, 128, 16, stride=8, padding=4, name="ups.1"}
ConvTranspose1d{128, 64, 4, stride=2, padding=1, name="ups.2"}
ConvTranspose1d{64, 32, 4, stride=2, padding=1, name="ups.3"}
