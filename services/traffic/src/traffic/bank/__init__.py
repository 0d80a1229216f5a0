"""The question bank: its records, what their answers must be, where it is."""
