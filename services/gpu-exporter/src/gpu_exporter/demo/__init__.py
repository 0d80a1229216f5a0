"""Made-up cards."""
