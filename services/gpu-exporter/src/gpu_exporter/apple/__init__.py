"""The graphics of Apple's chips, on macOS."""
