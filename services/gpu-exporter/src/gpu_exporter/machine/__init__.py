"""What the kernel shows of the machine, read and parsed."""
