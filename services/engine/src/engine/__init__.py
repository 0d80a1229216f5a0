"""The embedded engine: Ollama's API over llama.cpp with a small real model."""
