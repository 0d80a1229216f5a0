"""Who may ask for what: API keys, and users whom trusted addresses name. Off by default."""
