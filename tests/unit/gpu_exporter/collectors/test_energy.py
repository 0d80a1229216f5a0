"""Energy by model: every joule once, nothing taken back, whatever the other collectors do."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gpu_exporter.backends import Nothing
from gpu_exporter.board import Board, Fact
from gpu_exporter.collector import Context
from gpu_exporter.collectors.energy import COMPONENTS, Energy
from gpu_exporter.energy.opening import ZERO_SECONDS
from gpu_exporter.errors import Unavailable
from gpu_exporter.reading import Reading
from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.metrics.catalogue import energy as m
from ollama_observe.wire.loaded import LoadedModel

Labels = tuple[str, ...]

SETTINGS = GpuExporterSettings(proxy_url="")


def loaded(name: str, memory: int = 1, vram: int = 1) -> LoadedModel:
    return LoadedModel(name, "", memory, vram, None, None)


@dataclass
class Machine:
    """A board, a clock and a proxy, which a test moves on by hand."""

    limit: int = 100
    gpu_interval_seconds: float = 1.0
    is_elsewhere: bool = False
    now: float = 1000.0
    requests: Mapping[str, int] | None = field(default_factory=dict)
    board: Board = field(default_factory=Board)
    asked: int = 0

    def __post_init__(self) -> None:
        chosen = SETTINGS.model_copy(
            update={
                "model_label_limit": self.limit,
                "gpu_interval_seconds": self.gpu_interval_seconds,
                "ollama_elsewhere": self.is_elsewhere,
            }
        )
        context = Context(chosen, self.board, Nothing(), lambda: self.now)
        self.energy = Energy(context, self.ask)
        self.load()

    def ask(self) -> Mapping[str, int] | None:
        self.asked += 1
        return self.requests

    def load(self, *models: LoadedModel) -> None:
        self.board.loaded = Fact.regular(self.now, models, SETTINGS.ollama_interval_seconds)

    def install(self, *names: str) -> None:
        self.board.installed = Fact(self.now, names)

    def use(self, component: str, joules: float, at: float | None = None) -> None:
        """So much more since before, up to an instant that is now where it is not given."""
        fact = self.board.joules.get(component)
        before = fact.value if fact else 0.0
        instant = self.now if at is None else at
        self.board.joules[component] = Fact.regular(
            instant, before + joules, self.gpu_interval_seconds
        )

    def turn(self) -> dict[str, dict[Labels, float]]:
        found: dict[str, dict[Labels, float]] = defaultdict(dict)
        for reading in self.energy.collect():
            found[reading.metric.name][reading.labels] = reading.value
        return found

    def settled(self) -> dict[str, dict[Labels, float]]:
        """What is told when all series were at 0 for long enough; nothing is used meanwhile."""
        self.now += ZERO_SECONDS + 1
        return self.turn()

    def second(
        self, joules: float = 0.0, component: str = "gpu", **requests: int
    ) -> dict[str, dict[Labels, float]]:
        """A second passes: at its end so many requests are worked at, so much was used in it."""
        self.now += 1.0
        self.requests = requests
        if self.board.loaded is not None:
            self.load(*self.board.loaded.value)
        self.use(component, joules)
        return self.turn()


def of(readings: Mapping[str, Mapping[Labels, float]], name: str) -> dict[Labels, float]:
    """The series of a metric that are not 0."""
    return {labels: value for labels, value in readings.get(name, {}).items() if value}


def joules(readings: Mapping[str, Mapping[Labels, float]]) -> dict[Labels, float]:
    return of(readings, m.ENERGY.name)


def seconds(readings: Mapping[str, Mapping[Labels, float]]) -> dict[Labels, float]:
    return of(readings, m.SECONDS.name)


def test_without_a_source_of_energy_there_is_nothing_and_nobody_is_asked() -> None:
    machine = Machine()
    with pytest.raises(Unavailable, match="neither GPUs nor"):
        machine.turn()
    assert machine.asked == 0


def test_what_was_used_before_the_first_look_is_nobodys() -> None:
    machine = Machine()
    machine.use("gpu", 500.0)
    readings = machine.turn()
    assert (joules(readings), seconds(readings)) == ({}, {})
    # at 0 rather than absent, so that `increase` sees the first step
    assert set(readings[m.ENERGY.name]) == {
        ("gpu", "none", "bare"),
        ("gpu", "none", "unknown"),
        ("gpu", "other", "busy"),  # the first load and prompt of each model
    }


def test_each_joule_goes_to_what_was_done_meanwhile() -> None:
    machine = Machine()
    machine.load(loaded("a", vram=3), loaded("b", vram=1))
    machine.second(joules=100)
    machine.second(joules=60)
    machine.second(joules=300, a=1)
    machine.second(joules=200, a=1, b=2)
    machine.load()
    # the requests that were there a second ago ended in this one
    machine.second(joules=300)
    machine.second(joules=20)
    assert joules(machine.settled()) == {
        ("gpu", "a", "model_loaded"): 45.0,
        ("gpu", "b", "model_loaded"): 15.0,
        ("gpu", "a", "busy"): 500.0,
        ("gpu", "b", "busy"): 300.0,
        ("gpu", "none", "bare"): 20.0,
    }


def test_what_takes_no_memory_because_it_computes_elsewhere_is_not_loaded() -> None:
    machine = Machine()
    machine.load(loaded("big:cloud", memory=0, vram=0))
    machine.second()
    machine.second(joules=20)
    machine.load(loaded("big:cloud", memory=0, vram=0), loaded("a", memory=0, vram=0))
    machine.second(joules=30)
    # an old Ollama knows of no cloud: what it has in memory is here, whatever its name
    machine.load(loaded("mine:cloud", memory=8, vram=8))
    machine.second(joules=40)
    assert joules(machine.settled()) == {
        ("gpu", "none", "bare"): 20.0,
        ("gpu", "a", "model_loaded"): 30.0,
        ("gpu", "mine:cloud", "model_loaded"): 40.0,
    }


def test_seconds_are_shared_out_as_the_joules_are() -> None:
    machine = Machine()
    machine.load(loaded("a", vram=3), loaded("b", vram=1))
    machine.second(joules=1)
    machine.second(joules=1)
    machine.second(joules=1, a=1)
    assert seconds(machine.settled()) == {
        ("gpu", "a", "model_loaded"): 0.75,
        ("gpu", "b", "model_loaded"): 0.25,
        ("gpu", "a", "busy"): 1.0,
    }


def test_components_are_booked_apart_each_by_its_own_memory() -> None:
    machine = Machine()
    machine.load(loaded("a", memory=1, vram=1), loaded("b", memory=3, vram=0))
    for _ in range(2):
        machine.use("cpu", 40.0, at=machine.now + 1)
        machine.second(joules=10)
    assert joules(machine.settled()) == {
        ("gpu", "a", "model_loaded"): 10.0,
        ("cpu", "a", "model_loaded"): 10.0,
        ("cpu", "b", "model_loaded"): 30.0,
    }


def test_energy_that_is_told_late_goes_to_the_time_in_which_it_was_used() -> None:
    machine = Machine()
    machine.load(loaded("a"))
    machine.use("gpu", 0.0)
    machine.turn()
    # the card is read just after the turn, so that each turn has what the one before lacked
    for power, requests in ((60.0, {}), (60.0, {"a": 1}), (300.0, {"a": 1}), (300.0, {})):
        machine.now += 1.0
        machine.requests = requests
        machine.turn()
        machine.use("gpu", power, at=machine.now + 0.02)
    machine.now += 1.0
    machine.turn()
    # a request that came and one that went have the seconds in which they did
    assert joules(machine.settled()) == {
        ("gpu", "a", "model_loaded"): 60.0,
        ("gpu", "a", "busy"): 660.0,
    }


def test_a_proxy_that_does_not_answer_leaves_it_unknown() -> None:
    machine = Machine()
    machine.load(loaded("a"))
    machine.second()
    machine.requests = None
    machine.now += 1
    machine.use("gpu", 70.0)
    machine.turn()
    readings = machine.settled()
    assert joules(readings) == {("gpu", "none", "unknown"): 70.0}
    assert seconds(readings) == {("gpu", "none", "unknown"): 1.0}


def test_without_the_proxys_address_all_is_unknown() -> None:
    board = Board()
    clock = iter((1.0, 2.0, 2.0 + ZERO_SECONDS))
    context = Context(GpuExporterSettings(proxy_url=""), board, Nothing(), lambda: next(clock))
    energy = Energy(context)
    for at in (1.0, 2.0):
        board.loaded = Fact(at, [])
        board.joules["cpu"] = Fact(at, 30.0 * at)
        list(energy.collect())
    found = list(energy.collect())
    assert Reading(m.ENERGY, 30.0, ("cpu", "none", "unknown")) in found


def test_an_ollama_that_does_not_answer_hides_what_is_loaded_but_not_who_is_busy() -> None:
    machine = Machine()
    machine.board.loaded = None
    machine.second()
    machine.second(joules=50)
    machine.second(joules=300, a=1)
    readings = machine.settled()
    assert joules(readings) == {("gpu", "none", "unknown"): 50.0, ("gpu", "a", "busy"): 300.0}


def test_what_was_loaded_long_ago_is_not_known_to_be() -> None:
    machine = Machine()
    machine.load(loaded("a"))
    machine.use("gpu", 0)
    machine.turn()
    for _ in range(100):
        machine.now += 1
        machine.use("gpu", 10)
        readings = machine.turn()
    found = joules(readings)
    assert found[("gpu", "none", "unknown")] > found[("gpu", "a", "model_loaded")] > 0
    assert sum(found.values()) == 1000.0


def test_a_card_that_hung_is_booked_as_unknown_when_it_is_back() -> None:
    machine = Machine()
    machine.second(a=1)
    for _ in range(60):
        machine.now += 1
        machine.turn()
    machine.second(joules=6000, a=1)
    readings = machine.settled()
    assert joules(readings) == {("gpu", "none", "unknown"): 6000.0}
    assert seconds(readings) == {("gpu", "none", "unknown"): 61.0}


def test_a_turn_that_came_too_late_is_unknown() -> None:
    machine = Machine()
    machine.second(a=1)
    machine.now += 59
    machine.second(joules=6000, a=1)
    readings = machine.settled()
    assert joules(readings) == {("gpu", "none", "unknown"): 6000.0}
    assert seconds(readings) == {("gpu", "none", "unknown"): 60.0}


def test_a_total_that_went_back_books_nothing_and_goes_on_from_there() -> None:
    machine = Machine()
    machine.second(joules=100, a=1)
    machine.second(joules=300, a=1)
    machine.second(joules=-350, a=1)
    machine.second(joules=20, a=1)
    assert joules(machine.settled()) == {("gpu", "a", "busy"): 320.0}


def test_totals_stay_when_their_source_is_gone() -> None:
    machine = Machine()
    machine.second(a=1)
    machine.second(joules=300, a=1)
    machine.board.joules.clear()
    assert joules(machine.settled()) == {("gpu", "a", "busy"): 300.0}


def test_a_component_that_comes_later_counts_from_then() -> None:
    machine = Machine()
    machine.second(a=1)
    machine.second(joules=300, a=1)
    machine.use("cpu", 9999)
    readings = machine.second(joules=300, a=1)
    assert ("cpu", "a", "busy") in readings[m.ENERGY.name]
    machine.use("cpu", 50, at=machine.now + 1)
    machine.second(joules=300, a=1)
    readings = machine.settled()
    assert joules(readings) == {("gpu", "a", "busy"): 900.0, ("cpu", "a", "busy"): 50.0}


def test_a_loaded_model_has_its_series_before_its_first_request() -> None:
    machine = Machine()
    machine.load(loaded("a"))
    for name in (m.ENERGY.name, m.SECONDS.name):
        assert machine.second()[name][("gpu", "a", "busy")] == 0.0
    machine.load(loaded("b"))
    assert machine.second()[m.ENERGY.name][("gpu", "b", "busy")] == 0.0


def test_what_a_new_model_used_is_told_only_after_its_series_was_scraped_at_0() -> None:
    machine = Machine()
    machine.second()
    told = []
    for _ in range(30):
        readings = machine.second(joules=300, a=1)
        told.append(
            [readings[name]["gpu", "a", "busy"] for name in (m.ENERGY.name, m.SECONDS.name)]
        )
    zeros = int(ZERO_SECONDS)
    assert told[:zeros] == [[0.0, 0.0]] * zeros
    assert told[zeros:] == [[300.0 * n, float(n)] for n in range(zeros + 1, 31)]


def test_the_models_on_disk_have_their_series_before_they_are_used() -> None:
    machine = Machine()
    machine.install("a", "b")
    readings = machine.second()
    for name in (m.ENERGY.name, m.SECONDS.name):
        for model in ("a", "b"):
            assert readings[name]["gpu", model, "busy"] == 0.0
            assert readings[name]["gpu", model, "model_loaded"] == 0.0
    for _ in range(int(ZERO_SECONDS)):
        machine.second()
    assert joules(machine.second(joules=300, a=1)) == {("gpu", "a", "busy"): 300.0}
    assert joules(machine.second(joules=300, a=1)) == {("gpu", "a", "busy"): 600.0}


def test_a_model_on_disk_takes_no_place_from_one_that_is_used() -> None:
    machine = Machine(limit=2)
    machine.install("on_disk", "c", "a")
    machine.second(a=1)
    readings = machine.second(joules=100, a=1)
    assert ("gpu", "on_disk", "busy") in readings[m.ENERGY.name]
    assert ("gpu", "c", "busy") not in readings[m.ENERGY.name]
    readings = machine.second(joules=100, b=1)
    assert ("gpu", "on_disk", "busy") not in readings[m.ENERGY.name]
    assert joules(machine.settled()) == {("gpu", "a", "busy"): 150.0, ("gpu", "b", "busy"): 50.0}


def test_a_model_that_was_deleted_unused_has_no_series_any_more() -> None:
    machine = Machine()
    machine.install("a", "b")
    machine.second(a=1)
    machine.second(joules=100, a=1)
    machine.install()
    readings = machine.settled()
    assert joules(readings) == {("gpu", "a", "busy"): 100.0}
    assert not [labels for labels in readings[m.ENERGY.name] if labels[1] == "b"]


def test_where_ollama_runs_elsewhere_nothing_that_is_used_here_is_its_models() -> None:
    machine = Machine(is_elsewhere=True)
    machine.load(loaded("a"))
    machine.install("a", "b")
    machine.use("cpu", 0.0)
    for _ in range(40):
        machine.use("cpu", 15.0, at=machine.now + 1)
        readings = machine.second(joules=60, a=1)
    machine.load()
    for _ in range(40):
        readings = machine.second(joules=60)
    assert set(readings[m.ENERGY.name]) == {
        ("gpu", "none", "unknown"),
        ("cpu", "none", "unknown"),
    }
    assert joules(readings)["gpu", "none", "unknown"] == 79 * 60.0
    assert readings[m.IDLE_POWER.name] == {}
    assert machine.asked == 0


def test_where_ollama_runs_elsewhere_the_proxy_is_not_asked() -> None:
    chosen = {"proxy_url": "http://127.0.0.1:9", "ollama_elsewhere": True}
    context = Context(GpuExporterSettings.model_validate(chosen), Board(), Nothing())
    context.board.joules["gpu"] = Fact(1.0, 0.0)
    energy = Energy(context)
    with capture_logs() as logs:
        list(energy.collect())
    assert logs == []  # a proxy that does not answer is told


def test_models_beyond_the_limit_are_other_and_unnamed_ones_take_no_place() -> None:
    machine = Machine(limit=2)
    machine.second()
    machine.second(joules=120, other=1, none=1, a=1, b=1)
    machine.second(joules=120, c=1, d=1)
    assert joules(machine.settled()) == {
        ("gpu", "a", "busy"): 50.0,
        ("gpu", "b", "busy"): 50.0,
        ("gpu", "none", "busy"): 50.0,
        ("gpu", "other", "busy"): 90.0,
    }


def test_a_model_without_a_name_is_other() -> None:
    machine = Machine()
    machine.load(loaded(""))
    machine.second()
    machine.second(joules=60)
    assert joules(machine.settled()) == {("gpu", "other", "model_loaded"): 60.0}


def test_with_a_long_interval_an_interval_may_be_long() -> None:
    machine = Machine(gpu_interval_seconds=60.0)
    machine.second(a=1)
    for _ in range(3):
        machine.now += 59
        readings = machine.second(joules=6000, a=1)
    assert joules(readings) == {("gpu", "a", "busy"): 18000.0}


def idle_watts(readings: Mapping[str, Mapping[Labels, float]]) -> dict[Labels, float]:
    return of(readings, m.IDLE_POWER.name)


def test_idle_power_is_known_after_thirty_readings_and_not_disturbed_by_requests() -> None:
    machine = Machine()
    machine.load(loaded("a"))
    machine.second()
    for _ in range(29):
        readings = machine.second(joules=60)
        machine.second(joules=300, a=1)
        machine.second(joules=280)
    assert idle_watts(readings) == {}
    readings = machine.second(joules=60)
    assert idle_watts(readings) == {("gpu", "model_loaded"): 60.0}
    machine.load()
    for _ in range(31):
        readings = machine.second(joules=20)
    assert idle_watts(readings) == {("gpu", "model_loaded"): 60.0, ("gpu", "bare"): 20.0}


def test_idle_power_goes_with_the_component_that_it_is_of() -> None:
    machine = Machine()
    for _ in range(40):
        machine.use("cpu", 15, at=machine.now + 1)
        readings = machine.second(joules=20)
    assert idle_watts(readings) == {("gpu", "bare"): 20.0, ("cpu", "bare"): 15.0}
    del machine.board.joules["gpu"]
    for _ in range(10):
        readings = machine.second(joules=15, component="cpu")
    assert idle_watts(readings) == {("cpu", "bare"): 15.0}


# what may happen in a turn: time, what each component tells, the proxy, Ollama
Told = tuple[str, float, float]
TOLD: st.SearchStrategy[Told] = st.one_of(
    st.tuples(st.just("uses"), st.floats(0, 1e4), st.floats(0, 3)),
    st.tuples(st.sampled_from(["hangs", "is gone"]), st.just(0.0), st.just(0.0)),
    st.tuples(st.just("goes back"), st.floats(1, 1e4), st.just(0.0)),
)
REQUESTS = st.none() | st.dictionaries(
    st.sampled_from(["a", "b", "c", "other", "none", ""]), st.integers(0, 3), max_size=3
)
MODELS = st.none() | st.lists(
    st.builds(loaded, st.sampled_from(["a", "b", "d"]), st.integers(0, 9), st.integers(0, 9)),
    max_size=2,
)
INSTALLED = st.none() | st.lists(st.sampled_from(["a", "e", "f"]), unique=True, max_size=3)
TURNS = st.lists(
    st.tuples(st.floats(0.01, 12), st.fixed_dictionaries(dict.fromkeys(COMPONENTS, TOLD)), REQUESTS)
    .flatmap(lambda turn: st.tuples(st.just(turn), MODELS, INSTALLED))
    .map(lambda parts: (*parts[0], *parts[1:])),
    max_size=25,
)


def whole(series: Mapping[Labels, float], component: str) -> float:
    return sum(value for labels, value in series.items() if labels[0] == component)


def happen(machine: Machine, component: str, told: Told, before: Fact[float]) -> Fact[float]:
    """Let a component do something whose latest fact was `before`; which it is then."""
    what, amount, age = told
    after = Fact(machine.now - age, before.value + (-amount if what == "goes back" else amount))
    if what == "is gone":
        machine.board.joules.pop(component, None)
    elif what != "hangs" and after.at > before.at:
        machine.board.joules[component] = after
        return after
    return before


Turn = tuple[
    float,
    Mapping[str, Told],
    Mapping[str, int] | None,
    Sequence[LoadedModel] | None,
    Sequence[str] | None,
]


@dataclass
class Account:
    """What a component told of since it was first known."""

    latest: Fact[float] = field(default_factory=lambda: Fact(0.0, 0.0))
    first_at: float | None = None
    used: float = 0.0
    lost_seconds: float = 0.0

    def add(self, fact: Fact[float], is_known: bool) -> None:
        if self.first_at is not None:
            gained = fact.value - self.latest.value
            self.used += max(0.0, gained)
            self.lost_seconds += fact.at - self.latest.at if gained < 0 else 0.0
        elif is_known:
            self.first_at = fact.at
        self.latest = fact

    @property
    def seconds(self) -> float:
        return 0.0 if self.first_at is None else self.latest.at - self.first_at - self.lost_seconds


Series = dict[tuple[str, Labels], float]


def counters_of(readings: Mapping[str, Mapping[Labels, float]]) -> Series:
    return {
        (name, labels): value
        for name in (m.ENERGY.name, m.SECONDS.name)
        for labels, value in readings.get(name, {}).items()
    }


def check(
    now: float, before: Series, after: Series, since: dict[tuple[str, Labels], float]
) -> None:
    """That nothing was taken back, and that all that has a value was at 0 for long enough."""
    assert all(after.get(series, 0.0) >= value for series, value in before.items())
    for series in since.keys() - after.keys():
        del since[series]
    for series, value in after.items():
        opened = since.setdefault(series, now)
        assert value == 0.0 or now - opened >= ZERO_SECONDS
    # two that have places, `other`, `none`
    assert len({labels[1] for _, labels in after}) <= 4


@given(TURNS)
def test_nothing_is_lost_or_taken_back_whatever_happens(turns: Sequence[Turn]) -> None:
    machine = Machine(limit=2)
    accounts = {component: Account() for component in COMPONENTS}
    before: Series = {}
    since: dict[tuple[str, Labels], float] = {}
    for passed, told, requests, models, installed in turns:
        machine.now += passed
        machine.requests = requests
        machine.board.loaded = None if models is None else Fact(machine.now, models)
        machine.board.installed = None if installed is None else Fact(machine.now, installed)
        for component, account in accounts.items():
            fact = happen(machine, component, told[component], account.latest)
            account.add(fact, component in machine.board.joules)
        if all(account.first_at is None for account in accounts.values()):
            continue
        readings = machine.turn()
        after = counters_of(readings)
        check(machine.now, before, after, since)
        before = after
        for component, account in accounts.items():
            assert whole(joules(readings), component) <= account.used * (1 + 1e-9) + 1e-6
            assert whole(seconds(readings), component) <= account.seconds * (1 + 1e-9) + 1e-6
    if before:
        readings = machine.settled()
        check(machine.now, before, counters_of(readings), since)
        for component, account in accounts.items():
            assert whole(joules(readings), component) == pytest.approx(account.used)
            assert whole(seconds(readings), component) == pytest.approx(account.seconds)
