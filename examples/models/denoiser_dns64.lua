-- Denoiser dns64/master64: real-time speech enhancement, decoder.
--
-- Source:   https://github.com/facebookresearch/denoiser at 8afd7c166699
--           denoiser/demucs.py:121-127,391-420; denoiser/pretrained.py:36,40
-- Verified: every value.
-- Before:   GLU(conv1)
-- After:    decoder.0 to decoder.3: ReLU; streaming: keep all but last s, add
--           the saved last s (bias removed) to the next call
--           decoder.4: none; streaming: keep all but last s, add the saved
--           last s (bias removed) to the next call
--
-- Typical input length: a whole signal; a step of a stream.
--   decoder.0      62       1
--   decoder.1     252       4
--   decoder.2    1012      16
--   decoder.3    4052      64
--   decoder.4   16212     256

ConvTranspose1d{1024, 512, 8, stride=4, name="decoder.0"}
ConvTranspose1d{512, 256, 8, stride=4, name="decoder.1"}
ConvTranspose1d{256, 128, 8, stride=4, name="decoder.2"}
ConvTranspose1d{128, 64, 8, stride=4, name="decoder.3"}
ConvTranspose1d{64, 1, 8, stride=4, name="decoder.4"}
