-- Fish-Speech S1 DAC 44.1k: neural speech codec, causal decoder.
--
-- Source:   https://github.com/fishaudio/fish-speech at 3dd1f85c402e
--           decoder.0 to decoder.3:
--           fish_speech/models/dac/modded_dac.py:562-582,746-758;
--           fish_speech/configs/modded_dac_vq.yaml:3-7
--           quantizer.upsample.0, quantizer.upsample.1:
--           fish_speech/models/dac/rvq.py:99-124,262-275;
--           fish_speech/configs/modded_dac_vq.yaml:23-31
-- Verified: every value.
-- Before:   decoder.0 to decoder.3: Snake1d
--           quantizer.upsample.0, quantizer.upsample.1: RVQ decode
-- After:    decoder.0 to decoder.3: cut last k - s samples, causal; 3 causal
--           residual units
--           quantizer.upsample.0, quantizer.upsample.1: ConvNeXt block; k=s,
--           no overlap
--
-- Typical input length: a whole signal; a step of a stream.
--   decoder.0                 87       8
--   decoder.1                696      64
--   decoder.2               5568     512
--   decoder.3              22272    2048
--   quantizer.upsample.0      22       2
--   quantizer.upsample.1      43       4

ConvTranspose1d{1536, 768, 16, stride=8, name="decoder.0"}
ConvTranspose1d{768, 384, 16, stride=8, name="decoder.1"}
ConvTranspose1d{384, 192, 8, stride=4, name="decoder.2"}
ConvTranspose1d{192, 96, 4, stride=2, name="decoder.3"}
ConvTranspose1d{1024, 1024, 2, stride=2, name="quantizer.upsample.0"}
ConvTranspose1d{1024, 1024, 2, stride=2, name="quantizer.upsample.1"}
