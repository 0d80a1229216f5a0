"""What the proxy's queue does for people beside a batch, and what it costs."""
