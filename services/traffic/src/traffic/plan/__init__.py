"""What a run asks, in which order and when. Pure but for the trace that is read."""
