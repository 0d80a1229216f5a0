"""A run from the first look at the server to its exit code."""
