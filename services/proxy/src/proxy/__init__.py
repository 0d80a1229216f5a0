"""The monitoring proxy: relays every byte to Ollama unchanged and measures everything."""
