"""What GPUs, the machine and Ollama do, read on an interval, for Prometheus."""
