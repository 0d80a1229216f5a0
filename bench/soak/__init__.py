"""A soak: mixed faults against a real proxy process, whose counters must match to the last one."""
