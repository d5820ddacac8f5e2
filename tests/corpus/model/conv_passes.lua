for _, pass in ipairs{"forward", "grad_input", "grad_weight"} do
    Conv1d{4, 4, 3, pass = pass, name = pass}
end
