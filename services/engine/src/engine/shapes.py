"""What an answer must be able to say, in whichever dialect."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.generation import End, Piece


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a generation has ended.

    Units: nanoseconds. `context` are the tokens of prompt and answer, None where the route
    does not give them.
    """

    end: End
    total_ns: int
    load_ns: int
    context: list[int] | None = None


class Shape(Protocol):
    """One route's way to write an answer. Every method gives one HTTP chunk or body."""

    stream_type: str
    whole_type: str
    gives_context: bool

    def loaded(self, reason: str) -> bytes:
        """The answer to a request that only loads or unloads."""

    def piece(self, piece: Piece) -> bytes:
        """A piece of a streamed answer."""

    def last(self, facts: Facts) -> bytes:
        """The end of a streamed answer."""

    def whole(self, pieces: Sequence[Piece], facts: Facts) -> bytes:
        """A whole answer."""

    def broken(self, message: str) -> bytes:
        """The end of a streamed answer whose model process ended."""


def logprobs(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """The log probabilities of pieces, in the form that both dialects use."""
    return [_entry(token) for piece in pieces for token in piece.logprobs]


def _entry(token: dict[str, Any]) -> dict[str, Any]:
    entry = {key: token[key] for key in ("token", "logprob", "bytes")}
    if token.get("top_logprobs"):
        entry["top_logprobs"] = [_entry(other) for other in token["top_logprobs"]]
    return entry
