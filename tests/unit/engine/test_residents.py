import asyncio
import time

from prometheus_client import CollectorRegistry

from engine import durations
from engine.metrics import EngineMetrics
from engine.residents import Resident
from tests.children import FACTS, Starts, model, spec


class Loaded:
    """A resident of a scripted process, and its numbers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.starts = Starts()
        metrics = EngineMetrics(self.registry)
        self.resident = Resident(model("a"), FACTS, spec(), metrics, self.starts)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


async def turns(count: int = 5) -> None:
    """Let the event loop do what is due."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_there_is_a_process_when_it_is_ready_and_requests_may_come_before() -> None:
    loaded = Loaded()
    loaded.starts.gate.clear()
    await turns()
    assert loaded.resident.usable
    assert loaded.resident.child is None
    loaded.starts.gate.set()
    assert await loaded.resident.ready is loaded.starts.children[0]
    assert loaded.value("engine_loaded_models") == 1
    assert loaded.value("engine_load_seconds_count") == 1


async def test_a_stop_during_the_load_ends_the_load() -> None:
    loaded = Loaded()
    loaded.starts.gate.clear()
    await turns()
    await loaded.resident.stop("shutdown")
    assert loaded.starts.cancelled == 1
    assert not loaded.resident.usable
    assert loaded.value("engine_unloads_total", reason="shutdown") == 0


async def test_a_stop_is_counted_once_with_its_reason_and_is_no_crash() -> None:
    loaded = Loaded()
    await loaded.resident.ready
    await loaded.resident.stop("asked")
    await loaded.resident.stop("room")
    await turns()
    assert loaded.value("engine_unloads_total", reason="asked") == 1
    assert loaded.value("engine_unloads_total", reason="room") == 0
    assert loaded.value("engine_crashes_total") == 0
    assert loaded.value("engine_loaded_models") == 0


async def test_a_process_that_ends_by_itself_is_a_crash_and_no_unload() -> None:
    loaded = Loaded()
    await loaded.resident.ready
    loaded.starts.children[0].crash()
    await turns()
    assert not loaded.resident.usable
    await loaded.resident.stop("replaced")
    assert loaded.value("engine_crashes_total") == 1
    assert loaded.value("engine_unloads_total", reason="replaced") == 0


async def test_it_expires_once_its_keep_alive_is_over_unless_it_is_told_to_stay() -> None:
    resident = Loaded().resident
    resident.keep_alive_seconds = 0.0
    expired: list[str] = []
    resident.expire_later(lambda: expired.append("first"))
    resident.stay()
    resident.expire_later(lambda: expired.append("second"))
    await turns()
    assert expired == ["second"]


async def test_each_use_begins_the_time_anew() -> None:
    resident = Loaded().resident
    resident.keep_alive_seconds = 60.0
    before = time.time_ns()
    resident.touch()
    assert before + 60 * 10**9 <= resident.expires_ns <= time.time_ns() + 60 * 10**9


async def test_forever_is_the_longest_time_that_go_knows() -> None:
    resident = Loaded().resident
    resident.keep_alive_seconds = None
    resident.touch()
    seconds = (resident.expires_ns - time.time_ns()) / 1e9
    assert abs(seconds - durations.FOREVER_SECONDS) < 60
