"""The whole stack on one machine without containers: set-up, supervision, status."""
