"""`top`: what the stack does now, in a terminal: of this machine, or of another."""
