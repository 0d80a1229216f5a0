"""The requests in flight: what each is doing, for how long, with how many tokens so far.

The upstream's headers come only with the first output, so that waiting and reading the prompt
look the same from here. They are told apart by what is known of Ollama: it serves
`OLLAMA_NUM_PARALLEL` requests of a model at once, in the order in which they came. So PREFILL
is derived, not observed, and so is WAITING for requests that have been sent. A model that computes
elsewhere has no slots here: nobody waits for one.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import msgspec

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.wire.locations import Location
from proxy.insight.forecasts import NOTHING
from proxy.routing import WAYS
from proxy.story import Phase, Story

T = TypeVar("T", bound=Hashable)

_WITH_OUTPUT = (Phase.THINKING, Phase.ANSWERING)
PHASES = (Phase.WAITING, Phase.PREFILL, Phase.THINKING, Phase.ANSWERING)


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request in flight, as JSON for other processes and for viewers.

    `sent_seconds` is the time since the upstream has the request whole; None before.
    `tokens` counts the records with output, which are tokens nearly always; None where no model
    works: none are expected, or the answer was there already (`routing` is `cache`). Then it
    takes no slot, and no energy is its. `tokens_per_second` is None before the second. `location`
    is where the model computes, left out where there is none or nobody knows: elsewhere it takes
    neither a slot nor energy here.

    With the proxy's own queue `priority` is the class, `queue_position` where one that waits stands
    among those for its model, and `queue_wait_seconds` an estimate of how long it waits still. What
    there is none of is left out.

    Estimates, left out where there is none, of one that is in PREFILL: how far its prompt has been
    read, how long until its first token, and how long from when the upstream got it until then.
    """

    request_id: str
    endpoint: str
    model: str
    routing: str
    phase: Phase
    age_seconds: float
    sent_seconds: float | None
    tokens: int | None
    tokens_per_second: float | None
    location: Location | None = None
    priority: str | None = None
    queue_position: int | None = None
    queue_wait_seconds: float | None = None
    prefill_ratio: float | None = None
    first_token_in_seconds: float | None = None
    first_token_seconds_estimate: float | None = None


Locate = Callable[[Story], Location | None]
"""Where a request's model computes; None: it has none, or nobody knows."""


def _nowhere(_story: Story) -> None:
    """Where nobody asks."""


class InflightTable:
    """The requests in flight of one process."""

    def __init__(
        self, num_parallel: int, clock: Callable[[], float], locate: Locate = _nowhere
    ) -> None:
        self._num_parallel = num_parallel
        self._clock = clock
        self._locate = locate
        self._stories: dict[Story, None] = {}  # in the order in which they came

    def __len__(self) -> int:
        return len(self._stories)

    def enter(self, story: Story) -> None:
        """A request has begun."""
        self._stories[story] = None

    def leave(self, story: Story) -> None:
        """A request has ended."""
        self._stories.pop(story, None)

    def stories(self) -> Iterable[Story]:
        """Those of all, in the order in which they came."""
        return self._stories

    def ahead_of(self, story: Story) -> int:
        """How many requests must end before one that is sent now has a slot, as `phases` has it."""
        if self._locate(story) is Location.CLOUD:
            return 0
        sent = sum(
            other.model == story.model and other.upstream_sent_at is not None
            for other in self._stories
            if other is not story and other.is_inference
        )
        return max(0, sent + 1 - self._num_parallel)

    def prefilling(self) -> set[Story]:
        """The requests without output that have one of their model's slots, as `phases` has it.

        Of this process alone: others' requests are not known here.
        """
        sent = [s for s in self._stories if s.upstream_sent_at is not None and s.is_inference]
        sent.sort(key=lambda story: story.upstream_sent_at or 0.0)
        elsewhere = {story for story in sent if self._locate(story) is Location.CLOUD}
        here = [story for story in sent if story not in elsewhere]
        busy = (story.model for story in here if story.upstream_status is not None)
        silent = ((story, story.model) for story in here if story.upstream_status is None)
        reading = _with_a_slot(silent, busy, self._num_parallel)
        return reading | {story for story in elsewhere if story.upstream_status is None}

    def entries(self) -> list[Entry]:
        """What each is doing, as far as it alone can tell; `phases` puts it right over all."""
        now = self._clock()
        return [_entry(story, now, self._locate(story)) for story in self._stories]


def phases(entries: Iterable[Entry], num_parallel: int) -> list[Entry]:
    """The entries of all processes, with WAITING and PREFILL told apart; the oldest first.

    Of a model's requests without output, those that Ollama got first are in PREFILL, as many
    as it has slots left beside those that bring output. Models without a label count as one.
    """
    ordered = sorted(entries, key=lambda entry: -(entry.sent_seconds or 0.0))
    here = [(place, e) for place, e in enumerate(ordered) if e.location is not Location.CLOUD]
    busy = (e.model for _, e in here if e.phase in _WITH_OUTPUT and e.tokens is not None)
    silent = [(place, e.model) for place, e in here if e.phase is Phase.PREFILL]
    reading = _with_a_slot(silent, busy, num_parallel)
    for place, _ in silent:
        if place not in reading:
            entry, nothing = ordered[place], NOTHING._asdict()
            ordered[place] = msgspec.structs.replace(entry, phase=Phase.WAITING, **nothing)
    return sorted(ordered, key=lambda entry: -entry.age_seconds)


def _with_a_slot(silent: Iterable[tuple[T, str]], busy: Iterable[str], num_parallel: int) -> set[T]:
    """Which of the requests without output have a slot of their model, in the order given.

    `silent` are those requests with their models, `busy` the models of those that bring output.
    """
    slots: defaultdict[str, int] = defaultdict(lambda: num_parallel)
    for model in busy:
        slots[model] -= 1
    found = set()
    for request, model in silent:
        slots[model] -= 1
        if slots[model] >= 0:
            found.add(request)
    return found


class InflightGauges:
    """How many requests are in flight, put into a ledger for the scrape that is to come."""

    def __init__(self, ledger: Ledger, has_queue: bool = False) -> None:
        """`has_queue`: requests may be in the proxy's own; else there is no series for that."""
        self._ledger = ledger
        self._shown: set[tuple[str, str, str]] = set()
        phases = (Phase.QUEUED, *PHASES) if has_queue else PHASES
        self._phases = {(phase.value, way.value) for phase in phases for way in WAYS}

    def put(self, entries: Iterable[Entry]) -> None:
        """Count entries that went through `phases`."""
        in_phase = dict.fromkeys(self._phases, 0)
        active = dict.fromkeys(self._shown, 0)
        for entry in entries:
            place = (entry.phase.value, entry.routing)
            in_phase[place] = in_phase.get(place, 0) + 1
            labels = (entry.model, entry.endpoint, entry.routing)
            active[labels] = active.get(labels, 0) + 1
        for labels, count in active.items():
            self._ledger.put(m.ACTIVE, count, labels)
        for way, count in in_phase.items():
            self._ledger.put(m.INFLIGHT_PHASE, count, way)
        self._shown.update(active)
        self._phases.update(in_phase)


def _entry(story: Story, now: float, location: Location | None) -> Entry:
    sent_at, standing = story.upstream_sent_at, story.standing
    expected = None if standing is None else standing.expected_seconds
    phase, forecast = _phase(story), story.forecast
    is_foretold = forecast is not None and phase is Phase.PREFILL
    return Entry(
        request_id=story.request_id,
        endpoint=story.endpoint.template,
        model=story.model,
        routing=story.routing,
        phase=phase,
        age_seconds=round(now - story.started_at, 3),
        sent_seconds=None if sent_at is None else round(now - sent_at, 3),
        tokens=story.tokens if story.is_inference and not story.is_spared else None,
        tokens_per_second=_tokens_per_second(story),
        location=location,
        priority=None if standing is None else standing.priority.label,
        queue_position=None if standing is None else standing.position,
        queue_wait_seconds=None if expected is None else round(expected, 1),
        **(forecast.at(now)._asdict() if forecast is not None and is_foretold else {}),
    )


def _phase(story: Story) -> Phase:
    """PREFILL stands for all requests that the upstream has and has not begun to answer."""
    phase = story.phase
    if phase is Phase.WAITING and story.upstream_sent_at is not None and story.is_inference:
        return Phase.PREFILL
    return Phase.WAITING if phase is Phase.UPLOAD else phase


def _tokens_per_second(story: Story) -> float | None:
    """(records with output - 1) / (last - first): the rate of what came, not of the silence."""
    meter = story.meter
    if meter is None or meter.first_output is None or meter.last_output is None:
        return None
    seconds = meter.last_output - meter.first_output
    return round((meter.outputs - 1) / seconds, 2) if seconds > 0 else None
