"""What is compared: people alone, beside a batch, and beside it with the proxy's queue between."""

from collections.abc import Mapping
from dataclasses import dataclass

SLOTS = 2
"""Requests that the upstream works at at once."""
_QUEUE = {
    "PROXY_QUEUE": "true",
    "PROXY_QUEUE_PER_MODEL": str(SLOTS),
    "PROXY_QUEUE_CLIENT_HEADER": "X-Client",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One way to serve both; `settings` are the proxy's."""

    name: str
    title: str
    settings: Mapping[str, str]
    has_batch: bool = True
    batch_headers: tuple[str, ...] = ("X-Client: batch",)


CASES = (
    Case("alone", "no batch", {}, has_batch=False),
    Case("off", "batch, no queue", {}),
    Case("fair", "queue", _QUEUE),
    Case("classes", "queue, batch is `low`", _QUEUE, True, ("X-Client: batch", "X-Priority: low")),
)

COSTS: Mapping[str, Mapping[str, str]] = {
    "off": {},
    # room for all: what is measured is the queue itself, no wait
    "on": {"PROXY_QUEUE": "true", "PROXY_QUEUE_PER_MODEL": "64"},
}
"""The proxies whose CPU is compared."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked. A person asks, reads the answer, thinks, and asks again."""

    rounds: int
    seconds: float
    settling_seconds: float
    people: int
    thinking_seconds: float
    batch_at_once: int
    batch_tokens: int
    person_tokens: int
    cpu_rounds: int
    cpu_requests: int


WHOLE = Load(2, 40.0, 3.0, 4, 1.5, 16, 30, 10, 15, 400)
QUICK = Load(1, 5.0, 0.5, 2, 0.2, 8, 8, 3, 1, 60)
