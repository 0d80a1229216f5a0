"""What collectors leave for each other: the latest facts, each whole and never changed.

A fact is replaced in one assignment, so that another thread sees the old or the new one.
Who reads a fact looks at its age: its collector may hang.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from gpu_exporter.gpu import Gpu
from gpu_exporter.ollama.loaded import LoadedModel

T = TypeVar("T")

_MISSED_TURNS = 3
_BELIEVED_AT_LEAST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """Something that was found out. Units: `at` is the monotonic clock, in seconds."""

    at: float
    value: T


@dataclass(slots=True)
class Board:
    """None: not found out, or no longer known.

    Units: `joules` is energy since the exporter began, by component (`gpu`, `cpu`), each with the
    instant up to which it counts. Read it by key: other threads add to it.
    """

    gpus: Fact[Sequence[Gpu]] | None = None
    loaded: Fact[Sequence[LoadedModel]] | None = None
    installed: Fact[Sequence[str]] | None = None
    """Names of the models on disk that have series of their own."""
    joules: dict[str, Fact[float]] = field(default_factory=dict)
    blobs: Fact[Mapping[str, str]] | None = None
    """Names of models by their weights, as ollama_observe.wire.weights identifies them."""


def recent(fact: Fact[T] | None, now: float, within_seconds: float) -> T | None:
    """What a fact says, if it is not too old."""
    return fact.value if fact is not None and now - fact.at <= within_seconds else None


def believed_seconds(interval_seconds: float) -> float:
    """How long a fact is believed that is found out on an interval: a turn may be missed."""
    return max(_MISSED_TURNS * interval_seconds, _BELIEVED_AT_LEAST_SECONDS)
