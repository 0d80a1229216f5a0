"""The requests that ended of late: a proxy tells of each for a few seconds, people read slower."""

from collections.abc import Iterable

import msgspec

from stack.top.table import Finished

MOST = 200


class Recent:
    """Remembers the latest. Instants are on a clock in seconds, which is the caller's."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._ended: dict[str, tuple[float, Finished]] = {}

    def add(self, finished: Iterable[Finished], now: float) -> None:
        """What a proxy tells at an instant; most of it it told before."""
        for one in finished:
            # an id that a client chose may come again
            key = f"{one.request_id} {one.duration_seconds}"
            self._ended.setdefault(key, (now - one.ago_seconds, one))
        latest = sorted(self._ended.items(), key=lambda item: -item[1][0])
        self._ended = dict(latest[: self._most])

    def entries(self, now: float) -> list[Finished]:
        """The latest first, with how long ago each was."""
        return [
            msgspec.structs.replace(one, ago_seconds=max(0.0, now - at))
            for at, one in self._ended.values()
        ]
