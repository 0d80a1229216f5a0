"""The server under test: whether it may be asked, can be asked, and what it says of itself."""
