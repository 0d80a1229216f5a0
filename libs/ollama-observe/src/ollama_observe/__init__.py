"""What the services share, on three shelves: wire, metrics, service."""

from importlib.metadata import version

__version__ = version("ollama-observe")
