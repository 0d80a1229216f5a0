"""The truth test of the traffic generator: what it says, beside what is known to have happened."""
