"""Energy by model: what GPUs and CPU packages used, booked on what the machine did meanwhile."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from gpu_exporter.board import Fact, recent
from gpu_exporter.collector import Context
from gpu_exporter.energy.activity import Activity, Diary
from gpu_exporter.energy.apportionment import State, Use, shares
from gpu_exporter.energy.booking import Booking
from gpu_exporter.energy.inflight import InflightClient
from gpu_exporter.errors import Unavailable
from gpu_exporter.model_names import ModelNames
from gpu_exporter.reading import Reading, one
from ollama_observe.metrics.catalogue import energy as m
from ollama_observe.metrics.metric import NONE, OTHER
from ollama_observe.wire.loaded import LoadedModel
from ollama_observe.wire.locations import is_cloud_name

COMPONENTS = ("gpu", "cpu")
_MISSED_LOOKS = 5
_MISSED_AT_LEAST_SECONDS = 5.0
"""How long nobody may have looked at what the machine does."""

Ask = Callable[[], Mapping[str, int] | None]


class Energy:
    """Books joules and seconds; every joule once, and nothing is ever taken back.

    `ask` says how many requests each model works at, None where that is not known. Where Ollama
    runs on another machine nobody is asked: what is used here is not its models'.
    """

    name = "energy"
    metrics = (m.ENERGY, m.SECONDS, m.IDLE_POWER)

    def __init__(self, context: Context, ask: Ask | None = None) -> None:
        settings = context.settings
        self._context = context
        self._is_elsewhere = settings.ollama_elsewhere
        is_asked = bool(settings.proxy_url) and not self._is_elsewhere
        self._proxy = InflightClient(settings.proxy_url) if is_asked else None
        self._ask = ask or (self._proxy.ask if self._proxy else lambda: None)
        longest = max(_MISSED_LOOKS * settings.gpu_interval_seconds, _MISSED_AT_LEAST_SECONDS)
        self._diary = Diary(longest)
        self._models = ModelNames(settings.model_label_limit)
        self._components: dict[str, Booking] = {}

    def collect(self) -> Iterator[Reading]:
        """See Collector."""
        facts = self._facts()
        if not facts and not self._components:
            raise Unavailable("nobody tells of energy: neither GPUs nor the CPU's counters (RAPL)")
        now = self._look()
        for name, fact in facts.items():
            booking = self._components.get(name)
            if booking is None:
                self._components[name] = Booking(fact)
            else:
                self._book(name, booking, fact)
        uses = tuple(self._uses(now))
        for name, booking in self._components.items():
            booking.open(now, uses)
            is_told = recent(facts.get(name), now) is not None
            yield from _readings(name, booking, now, is_told)

    def close(self) -> None:
        """Give back the connection to the proxy."""
        if self._proxy is not None:
            self._proxy.close()

    def _facts(self) -> dict[str, Fact[float]]:
        pinned = ((name, self._context.board.joules.get(name)) for name in COMPONENTS)
        return {name: fact for name, fact in pinned if fact is not None}

    def _look(self) -> float:
        """Note what the machine is doing, and when that was."""
        requests = None if self._is_elsewhere else self._ask()
        now = self._context.clock()
        loaded = None if self._is_elsewhere else _here(recent(self._context.board.loaded, now))
        self._diary.note(now, Activity(requests, loaded))
        for model in (*(requests or ()), *(entry.name for entry in loaded or ())):
            self._models.admit(model)
        return now

    def _uses(self, now: float) -> Iterator[Use]:
        """Those that energy may be booked on soon, so that their series begin before that."""
        yield Use(NONE, State.UNKNOWN)
        if self._is_elsewhere:
            return
        yield Use(NONE, State.BARE)
        yield Use(OTHER, State.BUSY)
        for model in (*self._models, *self._expected(now)):
            yield Use(model, State.BUSY)
            yield Use(model, State.MODEL_LOADED)

    def _expected(self, now: float) -> Sequence[str]:
        """Models on disk, while there are places for them; they have one when they are used."""
        installed = recent(self._context.board.installed, now) or ()
        others = [model for model in installed if model not in self._models]
        return others[: self._models.left]

    def _book(self, name: str, booking: Booking, fact: Fact[float]) -> None:
        began = booking.until.at
        if fact.at <= began:
            return
        found: defaultdict[Use, float] = defaultdict(float)
        for use, share in shares(self._diary.between(began, fact.at), name).items():
            found[Use(self._models.label(use.model), use.state)] += share
        booking.book(fact, found)


def _here(loaded: Sequence[LoadedModel] | None) -> Sequence[LoadedModel] | None:
    """Without those that are the cloud's and take no memory: nothing of them is loaded."""
    if loaded is None:
        return None
    return [model for model in loaded if model.memory_bytes or not is_cloud_name(model.name)]


def _readings(name: str, booking: Booking, now: float, is_told: bool) -> Iterator[Reading]:
    for use, joules, seconds in booking.told(now):
        yield Reading(m.ENERGY, joules, (name, *use))
        yield Reading(m.SECONDS, seconds, (name, *use))
    if is_told:
        for state, power in booking.idle.items():
            yield from one(m.IDLE_POWER, power.watts, name, state)
