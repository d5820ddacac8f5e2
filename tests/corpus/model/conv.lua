Conv1d{1, 8, 7, padding = "same", name = "in"}
for i = 0, 2 do
    Conv1d{8, 8, 4, stride = 2, padding = {1, i}, name = "down." .. i}
end
ConvTranspose1d{8, 1, 4, stride = 2, name = "up"}
