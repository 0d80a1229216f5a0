"""Joules that only grow, whose they were, and what they cost."""
