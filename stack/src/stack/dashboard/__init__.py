"""The dashboard of the stack: one of its parts, or in the foreground."""
