"""What an answer says of a cache, in Portkey's words, which the proxy's own uses. No I/O."""

from collections.abc import Mapping
from typing import Literal, get_args

STATUS_HEADER = "x-portkey-cache-status"
AGE_HEADER = "age"

CacheStatus = Literal["HIT", "SEMANTIC HIT", "MISS", "SEMANTIC MISS", "REFRESH", "DISABLED"]
_STATUSES: dict[str, CacheStatus] = {status: status for status in get_args(CacheStatus)}
HITS: frozenset[CacheStatus | None] = frozenset({"HIT", "SEMANTIC HIT"})
"""The model had nothing to do."""
MISSES: frozenset[CacheStatus | None] = frozenset({"MISS", "SEMANTIC MISS"})
"""An answer was looked for, and none was there."""

_LONGEST_AGE = 10


def status_in(headers: Mapping[str, str]) -> CacheStatus | None:
    """What a cache says it did; None where none says anything that is known."""
    return _STATUSES.get(headers.get(STATUS_HEADER, "").strip().upper())


def age_in(headers: Mapping[str, str]) -> int | None:
    """How many seconds ago the answer was recorded; None where it does not say."""
    told = headers.get(AGE_HEADER, "").strip()
    is_number = told.isascii() and told.isdigit() and len(told) <= _LONGEST_AGE
    return int(told) if is_number else None
