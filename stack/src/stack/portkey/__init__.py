"""The Portkey gateway of the local stack: where it comes from, who uses it, how it is."""
