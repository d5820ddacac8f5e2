-- BigVGAN v2 24k 100band 256x: vocoder with anti-aliased activations.
--
-- Source:   https://github.com/NVIDIA/BigVGAN at 7d2b454564a6
--           ups.0 to ups.5: bigvgan.py:300-318,372-386;
--           configs/bigvgan_v2_24khz_100band_256x.json:11-13
--           aa_up.stage0 to aa_up.stage5:
--           alias_free_activation/torch/resample.py:11-39; bigvgan.py:75-110
-- Verified: every value.
-- Before:   ups.0 to ups.5: none (previous stage output)
--           aa_up.stage0 to aa_up.stage5: replicate pad 5+5
-- After:    ups.0 to ups.5: then mean of 3 AMP blocks (SnakeBeta,
--           anti-aliased)
--           aa_up.stage0 to aa_up.stage5: x2 gain; cut 15 left 15 right;
--           SnakeBeta; then low-pass /2 (run 18 times in this stage)
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0             94      32
--   ups.1            376     128
--   ups.2           1504     512
--   ups.3           3008    1024
--   ups.4           6016    2048
--   ups.5          12032    4096
--   aa_up.stage0     386     138
--   aa_up.stage1    1514     522
--   aa_up.stage2    3018    1034
--   aa_up.stage3    6026    2058
--   aa_up.stage4   12042    4106
--   aa_up.stage5   24074    8202

ConvTranspose1d{1536, 768, 8, stride=4, padding=2, name="ups.0"}
ConvTranspose1d{768, 384, 8, stride=4, padding=2, name="ups.1"}
ConvTranspose1d{384, 192, 4, stride=2, padding=1, name="ups.2"}
ConvTranspose1d{192, 96, 4, stride=2, padding=1, name="ups.3"}
ConvTranspose1d{96, 48, 4, stride=2, padding=1, name="ups.4"}
ConvTranspose1d{48, 24, 4, stride=2, padding=1, name="ups.5"}
ConvTranspose1d{768, 768, 12, stride=2, groups=768,
                bias=false, name="aa_up.stage0"}
ConvTranspose1d{384, 384, 12, stride=2, groups=384,
                bias=false, name="aa_up.stage1"}
ConvTranspose1d{192, 192, 12, stride=2, groups=192,
                bias=false, name="aa_up.stage2"}
ConvTranspose1d{96, 96, 12, stride=2, groups=96,
                bias=false, name="aa_up.stage3"}
ConvTranspose1d{48, 48, 12, stride=2, groups=48,
                bias=false, name="aa_up.stage4"}
ConvTranspose1d{24, 24, 12, stride=2, groups=24,
                bias=false, name="aa_up.stage5"}
