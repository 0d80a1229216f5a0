"""What the proxies say is in flight, and what ended a moment ago: `/api/inflight` as JSON.

Fields that a proxy leaves out are not known, or have no meaning as it is set.
"""

from collections.abc import Iterable
from typing import Annotated

import msgspec

PATH = "/api/inflight"

_Whole = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""JSON has longer ones, which no floating-point number is."""


class Entry(msgspec.Struct, frozen=True):
    """A request in flight. `queue_position` counts from 1; the proxy's estimates are
    `queue_wait_seconds` (still to wait), `prefill_ratio`, `first_token_in_seconds`, and
    `first_token_seconds_estimate` (since it was sent)."""

    request_id: str = ""
    endpoint: str = ""
    model: str = ""
    routing: str = ""
    phase: str = ""
    age_seconds: float = 0.0
    sent_seconds: float | None = None
    tokens: _Whole | None = None
    tokens_per_second: float | None = None
    queue_position: float | None = None
    queue_wait_seconds: float | None = None
    priority: str | float | None = None
    prefill_ratio: float | None = None
    first_token_in_seconds: float | None = None
    first_token_seconds_estimate: float | None = None
    location: str | None = None


class Finished(msgspec.Struct, frozen=True):
    """A request that ended `ago_seconds` before."""

    request_id: str = ""
    endpoint: str = ""
    model: str = ""
    routing: str = ""
    outcome: str = ""
    status: _Whole = 0
    duration_seconds: float = 0.0
    tokens: _Whole | None = None
    ago_seconds: float = 0.0
    location: str | None = None

    @property
    def is_error(self) -> bool:
        """Whether it failed; that a client left is no failure."""
        return self.outcome not in ("ok", "client_gone")


class Table(msgspec.Struct, frozen=True):
    """Both. Those of before it told of the ones that ended have no `finished`."""

    requests: list[Entry]
    finished: list[Finished] = []


_decode = msgspec.json.Decoder(Table).decode


def read_table(body: bytes) -> Table:
    """A proxy's answer. Raises: ValueError."""
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"expected a table of requests: {error}") from error


def in_flight(tables: Iterable[tuple[Table, float]]) -> list[Entry]:
    """Those of all proxies, the oldest first, as they are so many seconds after each table.

    A proxy with two addresses tells the same twice.
    """
    found: dict[object, Entry] = {}
    for table, late_seconds in tables:
        for number, entry in enumerate(table.requests):
            key = entry.request_id or (id(table), number)
            found[key] = _later(entry, late_seconds) if late_seconds > 0 else entry
    return sorted(found.values(), key=lambda entry: -entry.age_seconds)


def _later(entry: Entry, seconds: float) -> Entry:
    sent, wait, first = entry.sent_seconds, entry.queue_wait_seconds, entry.first_token_in_seconds
    return msgspec.structs.replace(
        entry,
        age_seconds=entry.age_seconds + seconds,
        sent_seconds=None if sent is None else sent + seconds,
        queue_wait_seconds=None if wait is None else max(0.0, wait - seconds),
        first_token_in_seconds=None if first is None else max(0.0, first - seconds),
    )
