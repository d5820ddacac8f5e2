-- Two-Step TDCN (asteroid): speech separation, learned synthesis filters.
--
-- Source:   https://github.com/asteroid-team/asteroid at 92c8d83a9dbe
--           egs/wham/TwoStep/model.py:221-230;
--           egs/wham/TwoStep/local/conf.yml:2-5
-- Verified: yes (n_src=2).
-- Before:   mask * features, sources side by side
-- After:    none
--
-- Typical input length:
--   decoder.deconv     800

ConvTranspose1d{256, 2, 21, stride=10, padding=10, output_padding=9,
                groups=2, name="decoder.deconv"}
