-- The least integer.
Conv1d{1, 1, 3, padding = -9223372036854775807 - 1}
