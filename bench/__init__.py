"""Measurements of the running proxy from outside: its cost, and its bookkeeping under faults."""
