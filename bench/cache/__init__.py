"""How well the semantic cache tells what means the same."""
