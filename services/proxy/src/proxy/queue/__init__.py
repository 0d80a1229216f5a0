"""A fair, bounded queue in front of Ollama: who waits, who is next, and who waits in vain."""
