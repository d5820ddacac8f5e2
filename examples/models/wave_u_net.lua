-- Wave-U-Net PyTorch (res=learned): music source separation, learned
-- upsampling.
--
-- Source:   https://github.com/f90/Wave-U-Net-Pytorch at 86c113da5154
--           model/conv.py:17-18
-- Verified: every value.
-- Before:   conv+GN+ReLU
-- After:    GroupNorm + ReLU; padding=k-1
--
-- Typical input length:
--   up.0      90
--   up.1     349

ConvTranspose1d{1024, 1024, 5, stride=4, padding=4, name="up.0"}
ConvTranspose1d{512, 512, 5, stride=4, padding=4, name="up.1"}
