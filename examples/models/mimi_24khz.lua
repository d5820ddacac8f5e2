-- Mimi 24k: neural speech codec of Moshi, causal decoder.
--
-- Source:   https://github.com/kyutai-labs/moshi at e6a55d2722a6
--           upsample: moshi/moshi/modules/resample.py:69-103;
--           moshi/moshi/models/compression.py:189-217;
--           moshi/moshi/models/loaders.py:28-55
--           convtr.0 to convtr.3: moshi/moshi/modules/seanet.py:325-347;
--           moshi/moshi/modules/conv.py:289-358;
--           moshi/moshi/models/loaders.py:33-55
-- Verified: every value.
-- Before:   upsample: RVQ decode
--           convtr.0 to convtr.3: ELU(1.0)
-- After:    upsample: cut last 2 (causal; streaming: overlap-add of saved 2
--           samples); transformer
--           convtr.0 to convtr.3: cut last k - s samples, causal; SEANet
--           resblock; streaming: saved tail k-s added to the next chunk, bias
--           taken off the saved part
--
-- Typical input length: a whole signal; a step of a stream.
--   upsample      13       1
--   convtr.0      25       2
--   convtr.1     200      16
--   convtr.2    1200      96
--   convtr.3    6000     480

-- From the codec's 12.5 frames a second to the decoder's 25, one filter for
-- each channel.
ConvTranspose1d{512, 512, 4, stride=2, groups=512, bias=false, name="upsample"}

local channels = 1024

for i, rate in ipairs{8, 6, 5, 4} do
    ConvTranspose1d{channels, channels // 2, 2 * rate, stride=rate,
                    name="convtr." .. (i - 1)}
    channels = channels // 2
end
