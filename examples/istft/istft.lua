-- The inverse STFT as Tacotron and WaveGlow compute it: 1024 points, hop 256;
-- channels 0..512 hold the real parts of a frame's spectrum, 513..1025 the
-- imaginary parts. As the models run it, and in double precision.
--
-- Source:   https://github.com/jaywalnut310/glow-tts at 13e997689d64
--           stft.py:57-66,120-131

for _, dtype in ipairs{"float32", "float64"} do
    ConvTranspose1d{1026, 1, 1024, stride=256, bias=false, dtype=dtype,
                    name=dtype}
end
