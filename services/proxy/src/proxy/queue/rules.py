"""What the queue keeps to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Bounds and times of a queue; 0 in `total` is no bound."""

    per_model: int
    """Most requests of one model that have their turn at once."""
    total: int
    """Most requests that have their turn at once."""
    length: int
    """Most requests that wait."""
    size_bytes: int
    """Most that the bodies of those that wait take together."""
    wait_seconds: float
    """Longest wait."""
    ageing_seconds: float
    """After how long without a turn a client's next request counts as one class higher."""
