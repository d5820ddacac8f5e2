local a = "x"
while true do a = a .. a end
