"""What the machine was doing, for as long as somebody may ask: pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ollama_observe.wire.loaded import LoadedModel


@dataclass(frozen=True, slots=True)
class Activity:
    """What the machine was doing at an instant. None: it could not be found out.

    `requests` are those that models work at, by model.
    """

    requests: Mapping[str, int] | None
    loaded: Sequence[LoadedModel] | None


class Diary:
    """What was seen when. Units: seconds of one clock."""

    def __init__(self, longest_seconds: float) -> None:
        self._longest_seconds = longest_seconds
        """An interval that is longer is not known: nobody looked often enough."""
        self._instants: list[float] = []
        self._activities: list[Activity] = []

    def note(self, at: float, activity: Activity) -> None:
        """It was so at the instant `at`, which is later than any before."""
        self._instants.append(at)
        self._activities.append(activity)
        forgotten = bisect_left(self._instants, at - 2 * self._longest_seconds)
        del self._instants[:forgotten], self._activities[:forgotten]

    def between(self, began: float, ended: float) -> Sequence[Activity]:
        """What was seen nearest to both ends, and all between; nothing where that is not known."""
        first, last = self._nearest(began), self._nearest(ended)
        if first is None or last is None or ended - began > self._longest_seconds:
            return ()
        return self._activities[first : last + 1]

    def _nearest(self, at: float) -> int | None:
        after = bisect_right(self._instants, at)
        near = range(max(0, after - 1), min(len(self._instants), after + 1))
        found = min(near, key=lambda place: abs(self._instants[place] - at), default=None)
        if found is None or abs(self._instants[found] - at) > self._longest_seconds / 2:
            return None
        return found
