"""Traffic for the stack: the generator against what runs, and its worker as one of the parts."""
