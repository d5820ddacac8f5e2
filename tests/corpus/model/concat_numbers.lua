local s = 1
for i = 1, 64 do s = s .. s end
