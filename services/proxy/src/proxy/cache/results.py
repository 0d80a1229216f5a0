"""What became of a look into the cache, as headers, metrics and logs say it."""

from enum import StrEnum

from proxy.portkey.fields import CACHE_STATUS


class Result(StrEnum):
    """What a look brought. The value is the label's."""

    HIT = "hit"
    SEMANTIC_HIT = "semantic_hit"
    SHARED = "shared"
    """The same was being asked: its answer was shared."""
    MISS = "miss"
    REFRESH = "refresh"
    """Nobody looked: the client wanted a new answer."""
    DISABLED = "disabled"
    """Nobody looked: it is not certain what the request is, or which model answers it."""

    @property
    def header(self) -> bytes:
        """What Portkey's users know: a shared answer is a hit."""
        return _HEADERS[self]

    @property
    def is_hit(self) -> bool:
        """Whether the upstream was spared."""
        return self in _HITS


_HITS = frozenset({Result.HIT, Result.SEMANTIC_HIT, Result.SHARED})
_HEADERS = {
    result: CACHE_STATUS + b": " + word
    for result, word in (
        (Result.HIT, b"HIT"),
        (Result.SEMANTIC_HIT, b"SEMANTIC HIT"),
        (Result.SHARED, b"HIT"),
        (Result.MISS, b"MISS"),
        (Result.REFRESH, b"REFRESH"),
        (Result.DISABLED, b"DISABLED"),
    )
}
