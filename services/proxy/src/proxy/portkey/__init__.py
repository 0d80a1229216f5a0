"""The Portkey gateway: what goes through it, and how its requests come back."""
