"""A request in the queue, as far as the order of the queue is concerned."""

from dataclasses import dataclass

from proxy.queue.priorities import Priority


@dataclass(slots=True, eq=False)
class Ticket:
    """One request, from its coming to its end. Instants are seconds of the queue's clock."""

    model: str
    client: str
    priority: Priority
    since: float
    """When it came."""
    size_bytes: int = 0
    """What its body takes while it waits."""
    number: int = 0
    """In which order it came; the line gives it."""
    turn_at: float = 0.0
    """When its turn came."""
    cost_seconds: float = 0.0
    """How long it was expected to take, when its turn came."""
    kept_seconds: float | None = None
    """How long it kept its slot; None until that has come back."""
