"""The stack in containers: what is said of it, and what it does in a real Docker engine."""
