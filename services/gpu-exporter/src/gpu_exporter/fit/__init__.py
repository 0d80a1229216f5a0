"""Will it fit: how much memory is free, what frees itself when, and what a model would need."""
