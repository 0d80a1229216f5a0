"""What the generator saw, less what was true. Pure.

True are the instants that the server wrote into its chunks: when it had read the request, and
when it sent each chunk. So how late the server itself was is in no error.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.percentiles import percentile

GOAL_P50_SECONDS = 0.0005
GOAL_P99_SECONDS = 0.005


class NoTruthError(Exception):
    """The facts do not fit what was sent; the message says which."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Sizes of errors, whichever sign they had. Units: seconds."""

    count: int
    p50: float
    p99: float
    maximum: float

    @property
    def is_within_goal(self) -> bool:
        """Whether a reader may take the generator's figure for the server's."""
        return self.p50 <= GOAL_P50_SECONDS and self.p99 <= GOAL_P99_SECONDS


@dataclass(frozen=True, slots=True)
class Truth:
    """What came of a measurement."""

    ttft: Errors
    """Time to first token as seen, less the server's own from the request read to the chunk sent:
    the way there, the way back, and what the generator took to notice."""
    gap: Errors
    """Between two chunks as seen, less the time between their sending."""
    chunk: Errors
    """From a chunk's sending to the instant that was noted for it."""
    server: Errors
    """How late after its schedule the server sent: no error of the generator's."""

    @property
    def is_within_goal(self) -> bool:
        """Whether both figures that users see are true enough."""
        return self.ttft.is_within_goal and self.gap.is_within_goal


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the server says of one answer. Units: seconds."""

    received: float
    due: tuple[float, ...]
    sent: tuple[float, ...]


def truth(requests: Sequence[Mapping[str, Any]], chunks: int) -> Truth:
    """Hold what was seen of answers of so many chunks against what they say.

    Raises: NoTruthError.
    """
    ttfts, gaps, ways, lateness = list[float](), list[float](), list[float](), list[float]()
    for request in requests:
        sent = _sent(request, chunks)
        seen = _instants(request)
        # the end of a stream has no text, and so no gap
        if len(seen) != chunks:
            raise NoTruthError(f"expected {chunks} chunks in an answer, found {len(seen)}")
        ttfts.append(seen[0] - request["sent"] - (sent.sent[0] - sent.received))
        gaps += (
            (seen[number] - seen[number - 1]) - (sent.sent[number] - sent.sent[number - 1])
            for number in range(1, chunks)
        )
        ways += (one - other for one, other in zip(seen, sent.sent, strict=True))
        lateness += (one - other for one, other in zip(sent.sent, sent.due, strict=True))
    return Truth(errors(ttfts), errors(gaps), errors(ways), errors(lateness))


def errors(values: Iterable[float]) -> Errors:
    """The figures of some errors. Raises: NoTruthError for none."""
    sizes = [abs(value) for value in values]
    if not sizes:
        raise NoTruthError("expected requests with chunks, found none")
    return Errors(len(sizes), percentile(sizes, 50), percentile(sizes, 99), max(sizes))


def _sent(request: Mapping[str, Any], chunks: int) -> _Sent:
    if request["error"] is not None:
        raise NoTruthError(f"expected whole answers, found one that failed: {request['error']}")
    received, *stamps = str(request["text"]).removesuffix(";").split(";")
    if len(stamps) != chunks:
        raise NoTruthError(f"expected the stamps of {chunks} chunks, found {len(stamps)}")
    pairs = [stamp.split(",") for stamp in stamps]
    return _Sent(
        _seconds(received),
        tuple(_seconds(due) for due, _ in pairs),
        tuple(_seconds(sent) for _, sent in pairs),
    )


def _instants(request: Mapping[str, Any]) -> list[float]:
    instants = [request["first_content"]]
    for gap in request["gaps_seconds"]:
        instants.append(instants[-1] + gap)
    return instants


def _seconds(nanoseconds: str) -> float:
    return int(nanoseconds) / 1e9
