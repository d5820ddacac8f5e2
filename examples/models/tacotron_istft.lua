-- Tacotron STFT inverse (WaveGlow denoiser, Griffin-Lim): inverse STFT, 1024
-- points, hop 256, as one layer.
--
-- Source:   https://github.com/jaywalnut310/glow-tts at 13e997689d64
--           stft.py:57-66,120-131 (filter_length 1024, hop 256 is the caller;
--           NVIDIA/waveglow denoiser.py:11-17)
-- Verified: every value.
-- Before:   concat(mag*cos, mag*sin)
-- After:    divide by window sum; cut 512 left and right
--
-- Typical input length: a whole signal; a step of a stream.
--   istft      87       8

ConvTranspose1d{1026, 1, 1024, stride=256, bias=false, name="istft"}
