"""NVIDIA's cards, through NVML."""
