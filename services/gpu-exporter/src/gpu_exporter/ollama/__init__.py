"""What Ollama says of its models, and what follows from it."""
