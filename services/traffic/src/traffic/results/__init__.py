"""Attempts to figures, and figures to what is shown and kept."""
