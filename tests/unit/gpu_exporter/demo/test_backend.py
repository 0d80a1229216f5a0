"""The made-up cards: labelled so, plausible, the same at the same instant, and complete."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from gpu_exporter.collectors.gpu_cards import GpuCards
from gpu_exporter.demo.backend import DemoBackend, demo_backend
from gpu_exporter.gpu import Gpu
from gpu_exporter.watch import Watch
from ollama_observe.metrics.catalogue import gpu as m
from tests.clock import Clock
from tests.exporters import context_of

HALF_AN_HOUR = 1800
FIVE_HOURS = 18_000
BEGAN_UNIX = 1.7e9


class Demo:
    """A demonstration by a clock that is moved by hand."""

    def __init__(self, cards: int = 2) -> None:
        self.clock = Clock()
        self.backend = DemoBackend(self.clock, lambda: BEGAN_UNIX, cards)

    def over(self, seconds: int, every: float = 1.0) -> Iterator[list[Gpu]]:
        """The cards, again and again."""
        for _ in range(int(seconds / every)):
            self.clock.now += every
            yield list(self.backend.read())

    def card(self, number: int, seconds: int = HALF_AN_HOUR) -> list[Gpu]:
        """One card, second by second."""
        return [gpus[number] for gpus in self.over(seconds)]


def test_every_card_says_that_it_is_made_up() -> None:
    for gpu in Demo(8).backend.read():
        assert gpu.vendor == "demo"
        assert "(synthetic)" in gpu.name and "Demo" in gpu.name
        assert gpu.uuid == f"DEMO-{gpu.index}"


def test_a_demonstration_has_two_cards() -> None:
    assert [gpu.index for gpu in demo_backend(Clock()).read()] == ["0", "1"]


def test_at_the_same_instant_it_is_always_the_same_however_often_it_was_read() -> None:
    often, seldom = Demo(), Demo()
    *_, last = often.over(500, every=0.7)
    seldom.clock.now = often.clock.now
    assert list(seldom.backend.read()) == last


@pytest.mark.parametrize("number", [0, 1])
def test_it_is_busy_at_times_and_idle_at_others(number: int) -> None:
    loads = [gpu.utilization_ratio or 0.0 for gpu in Demo().card(number)]
    assert 0.2 < sum(load == 0 for load in loads) / len(loads) < 0.6
    assert max(loads) > 0.9


@pytest.mark.parametrize("number", [0, 1])
def test_power_is_between_idle_and_the_limit_and_follows_the_load(number: int) -> None:
    gpus = Demo().card(number)
    watts = [gpu.watts or 0.0 for gpu in gpus]
    limit = gpus[0].power_limit_watts["enforced"]
    assert 10 < min(watts) < 0.2 * limit < 0.99 * limit < max(watts) <= limit
    busy = [gpu.watts or 0.0 for gpu in gpus if (gpu.utilization_ratio or 0) > 0.8]
    idle = [gpu.watts or 0.0 for gpu in gpus if gpu.utilization_ratio == 0]
    assert sum(busy) / len(busy) > 3 * sum(idle) / len(idle)


@pytest.mark.parametrize("number", [0, 1])
def test_it_warms_up_and_cools_down_slowly_and_stays_below_where_it_would_shut_down(
    number: int,
) -> None:
    degrees = [gpu.temperature_celsius["core"] for gpu in Demo().card(number)]
    assert max(abs(after - before) for before, after in pairwise(degrees)) <= 5
    assert min(degrees) < 45 and 70 < max(degrees) < 95


def test_fans_follow_the_temperature_and_stand_still_when_it_is_cool() -> None:
    for gpu in Demo().card(0):
        core, rpm = gpu.temperature_celsius["core"], gpu.fan_speed_rpm["0"]
        assert core < 60 or rpm > 500
        assert core > 40 or rpm < 300
        assert set(gpu.fan_speed_ratio) == set(gpu.fan_speed_rpm)


@pytest.mark.parametrize("number", [0, 1])
def test_the_energy_counter_agrees_with_the_power(number: int) -> None:
    gpus = Demo().card(number, 600)
    counted = (gpus[-1].energy_joules or 0.0) - (gpus[0].energy_joules or 0.0)
    by_power = sum(((a.watts or 0) + (b.watts or 0)) / 2 for a, b in pairwise(gpus))
    assert counted == pytest.approx(by_power, rel=0.01)


@pytest.mark.parametrize("number", [0, 1])
def test_memory_adds_up_and_fits(number: int) -> None:
    for gpu in Demo().card(number, 600):
        used, free = gpu.memory_used_bytes or 0.0, gpu.memory_free_bytes or 0.0
        assert used + free + (gpu.memory_reserved_bytes or 0.0) == gpu.memory_total_bytes
        for part in gpu.mig:
            assert 0 < (part.memory_used_bytes or 0.0) < (part.memory_total_bytes or 0.0)
        assert sum(process.memory_bytes or 0 for process in gpu.processes or ()) <= used


@pytest.mark.parametrize("number", [0, 1])
def test_an_idle_card_lowers_its_clocks_and_its_link(number: int) -> None:
    for gpu in Demo().card(number, 600):
        if gpu.utilization_ratio == 0:
            assert gpu.clock_hertz["sm"] < 3e8
            assert (gpu.pcie_link_generation["current"], gpu.performance_state) == (1, 8)
        assert gpu.clock_hertz["sm"] <= gpu.clock_max_hertz["sm"]
        assert gpu.pcie_link_generation["current"] <= gpu.pcie_link_generation["max"]


@pytest.mark.parametrize("number", [0, 1])
def test_the_power_limit_holds_it_down_at_times_and_that_time_is_counted(number: int) -> None:
    gpus = Demo().card(number)
    held = sum(gpu.throttle_active["power_cap"] for gpu in gpus)
    counted = gpus[-1].throttle_seconds["power_cap"] - gpus[0].throttle_seconds["power_cap"]
    assert 0 < held < len(gpus) / 2
    assert counted == pytest.approx(held, rel=0.05)


def test_an_xid_comes_now_and_then_and_at_most_once_an_hour() -> None:
    hours = list(Demo().over(FIVE_HOURS, every=60.0))
    counts = [sum(gpus[0].xid_errors.values()) for gpus in hours]
    assert (counts[0], counts[-1]) == (0, 5)
    risen = [index for index, (a, b) in enumerate(pairwise(counts)) if b > a]
    assert all(b - a >= 60 for a, b in pairwise(risen))
    last = hours[-1][0]
    assert set(last.xid_errors) == set(last.xid_last_timestamp_seconds)
    latest = max(last.xid_last_timestamp_seconds.values())
    assert BEGAN_UNIX + FIVE_HOURS - 4200 <= latest <= BEGAN_UNIX + FIVE_HOURS


def test_counters_only_grow() -> None:
    gpus = Demo().card(1, 1000)
    assert all(b.ecc_errors["corrected"] >= a.ecc_errors["corrected"] for a, b in pairwise(gpus))
    assert gpus[-1].ecc_errors["corrected"] == 1


def test_every_series_that_a_card_can_have_is_there_at_times() -> None:
    demo = Demo()
    context = context_of(demo.backend, demo.clock)
    cards = GpuCards(context)
    found = set()
    for _ in range(70):
        demo.clock.now += 10
        found |= {reading.metric for reading in cards.collect()}
    assert found == set(GpuCards.metrics)


def test_all_that_it_says_can_be_told_at_any_time() -> None:
    demo = Demo(8)
    watch = Watch(GpuCards(context_of(demo.backend, demo.clock)), 30.0, demo.clock)
    for _ in range(200):
        demo.clock.now += 17
        watch.run()
        assert watch.detail == ""


def test_its_energy_is_called_made_up() -> None:
    demo = Demo()
    cards = GpuCards(context_of(demo.backend, demo.clock))
    assert {r.labels[-1] for r in cards.collect() if r.metric is m.ENERGY} == {"demo"}


def test_its_processes_are_no_process_of_this_machine() -> None:
    most_on_linux = 2**22
    for gpus in Demo().over(100, every=5.0):
        assert all(p.pid > most_on_linux for gpu in gpus for p in gpu.processes or ())
