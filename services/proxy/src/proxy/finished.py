"""The requests that ended a moment ago: how, so that a viewer of the live table sees them go.

Of each only what is told is kept, for as long as it is told: no story, hence no answer's remains.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable

import msgspec

from ollama_observe.metrics.ledger import Page
from ollama_observe.wire.locations import Location
from proxy.inflight import Entry
from proxy.insight.diary import Told
from proxy.outcomes import Outcome
from proxy.story import Story

KEPT_SECONDS = 5.0
MOST = 200
"""Of more that end within that time the latest are told."""

_Kept = tuple[float, tuple[str, str, str, str, str, int, float, int | None], Location | None]
"""When it ended, by the relay's clock, and what is told of it."""


class Finished(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request that ended `ago_seconds` before, as JSON for other processes and for viewers.

    `outcome` is the word of the metrics: `ok`, `client_gone`, or an `error_type`. `status` is what
    the client was sent, 499 where it left first. `duration_seconds` is what `age_seconds` was at
    its end. `tokens` are those of an `Entry`, by the upstream's count where it told one; of a
    recorded answer that was given whole what the upstream had counted for it. `location` is told of
    an answer that was made elsewhere.
    """

    request_id: str
    endpoint: str
    model: str
    routing: str
    outcome: str
    status: int
    duration_seconds: float
    tokens: int | None
    ago_seconds: float
    location: Location | None = None


class Table(msgspec.Struct, frozen=True):
    """What is in flight, what ended a moment ago, and where the models compute, by their labels."""

    requests: list[Entry]
    finished: list[Finished]
    locations: dict[str, Location] = {}
    models: Told | None = None
    """What the models did since the last table; None where nobody notes it."""


Tables = Callable[[], Awaitable[list[Table]]]
"""Asks each relay process for its table."""


class FinishedRequests:
    """The requests of one process that ended a moment ago. `clock` is the relay's, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: deque[_Kept] = deque(maxlen=MOST)

    def add(self, _page: Page, story: Story) -> None:
        """A request has ended; its story is told."""
        ended_at = story.started_at if story.ended_at is None else story.ended_at
        told = (
            story.request_id,
            story.endpoint.template,
            story.model,
            story.routing,
            story.outcome.value,
            story.status,
            ended_at - story.started_at,
            _tokens(story),
        )
        self._kept.append((ended_at, told, Location.CLOUD if story.is_cloud else None))

    def entries(self) -> list[Finished]:
        """Those that ended within `KEPT_SECONDS`, the latest first; older ones are forgotten."""
        now, kept = self._clock(), self._kept
        while kept and now - kept[0][0] > KEPT_SECONDS:
            kept.popleft()
        return [
            Finished(*told[:6], round(told[6], 3), told[7], round(max(0.0, now - at), 3), where)
            for at, told, where in reversed(kept)
        ]


def _tokens(story: Story) -> int | None:
    if not story.is_inference:
        return None
    if not story.is_spared:
        return story.tokens
    # a shared answer is another request's, and of one that was not given whole nobody counted
    is_known = story.entry is not None and story.outcome is Outcome.OK
    return story.tokens if is_known else None


def latest(finished: Iterable[Finished]) -> list[Finished]:
    """Those of all processes, the latest first, as many as are told."""
    return sorted(finished, key=lambda one: one.ago_seconds)[:MOST]
