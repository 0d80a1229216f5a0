"""What collectors leave for each other: the latest facts, each whole and never changed.

A fact is replaced in one assignment, so that another thread sees the old or the new one.
Who pins a fact says until when it holds: its collector may hang.
"""

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, Self, TypeVar

from gpu_exporter.gpu import Gpu
from gpu_exporter.ollama.configuration import Configuration
from ollama_observe.wire.loaded import LoadedModel

T = TypeVar("T")

_MISSED_TURNS = 3
_HOLDS_AT_LEAST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """Something that was found out at an instant, and holds until another, if it is not replaced.

    Units: seconds of a monotonic clock.
    """

    at: float
    value: T
    until: float = math.inf

    @classmethod
    def regular(cls, at: float, value: T, interval_seconds: float) -> Self:
        """A fact that is found out on an interval: it holds while a turn or two are missed."""
        return cls(at, value, at + max(_MISSED_TURNS * interval_seconds, _HOLDS_AT_LEAST_SECONDS))


@dataclass(slots=True)
class Board:
    """None: not found out, or no longer known.

    Units: `joules` is energy since the exporter began, by component (`gpu`, `cpu`), each with the
    instant up to which it counts. Read it by key: other threads add to it.
    """

    gpus: Fact[Sequence[Gpu]] | None = None
    loaded: Fact[Sequence[LoadedModel]] | None = None
    """All of them; those that have series of their own come first, as many as the limit says."""
    installed: Fact[Sequence[str]] | None = None
    """Names of the models on disk that have series of their own and may be loaded: not of those
    that compute elsewhere."""
    joules: dict[str, Fact[float]] = field(default_factory=dict)
    names_by_weights: Fact[Mapping[str, str]] | None = None
    """Names of models by their weights, as ollama_observe.wire.weights identifies them."""
    trained_tokens: Fact[Mapping[str, int]] | None = None
    """The longest context that models were made for, by their names, as far as they were shown."""
    runners: Fact[int] | None = None
    """How many model processes of an Ollama are seen on this machine."""
    configuration: Fact[Configuration] | None = None
    version: Fact[str] | None = None
    """Of the Ollama that answers."""

    @contextlib.contextmanager
    def losing(self, name: Literal["gpus", "loaded", "installed"]) -> Iterator[None]:
        """Take a fact off where the block fails: it is not known any more."""
        try:
            yield
        except BaseException:
            setattr(self, name, None)
            raise


def recent(fact: Fact[T] | None, now: float) -> T | None:
    """What a fact says, while it holds."""
    return fact.value if fact is not None and now <= fact.until else None
