-- Kokoro-82M: text to speech, iSTFTNet decoder.
--
-- Source:   https://github.com/hexgrad/kokoro at dfb907a02bba
--           kokoro/istftnet.py:270-274,306-312; values from Kokoro config.json
--           (Hugging Face), 6 agreeing copies found in other repositories
-- Verified: yes (code) / config via copies.
-- Before:   leaky_relu(0.1)
-- After:    last: reflection pad 1; + source branch; MRF
--
-- Typical input length: a whole signal; a step of a stream.
--   ups.0      80      40
--   ups.1     800     400

ConvTranspose1d{512, 256, 20, stride=10, padding=5, name="ups.0"}
ConvTranspose1d{256, 128, 12, stride=6, padding=3, name="ups.1"}
