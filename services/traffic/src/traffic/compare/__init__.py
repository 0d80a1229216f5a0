"""Two results against each other."""
