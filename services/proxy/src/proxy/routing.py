"""The way a request takes to Ollama."""

from enum import StrEnum


class Routing(StrEnum):
    """The value of the `routing` label that every request metric carries."""

    DIRECT = "direct"
    PORTKEY = "portkey"
