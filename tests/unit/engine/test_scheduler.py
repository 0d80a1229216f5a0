import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from prometheus_client import CollectorRegistry

from engine import errors
from engine.child import LoadFailedError
from engine.errors import ApiError
from engine.metrics import EngineMetrics
from engine.scheduler import Lease, Limits, Scheduler
from tests.children import CEILING_SECONDS, FACTS, Starts, model, spec

HOUR = 3600.0


class Room:
    """A scheduler of scripted processes, and its numbers."""

    def __init__(self, loaded_models: int = 1, waiting_requests: int = 10) -> None:
        self.registry = CollectorRegistry()
        self.starts = Starts()
        limits = Limits(loaded_models, waiting_requests)
        self.scheduler = Scheduler(limits, EngineMetrics(self.registry), self.starts)

    def lease(
        self, name: str = "a", context_tokens: int = 64, keep_alive_seconds: float | None = HOUR
    ) -> contextlib.AbstractAsyncContextManager[Lease]:
        wanted = spec(context_tokens)
        return self.scheduler.lease(model(name), FACTS, wanted, keep_alive_seconds)

    async def use(self, name: str = "a", context_tokens: int = 64) -> None:
        async with self.lease(name, context_tokens) as lease, lease.slot():
            pass

    def names(self) -> list[str]:
        return [resident.model.name for resident in self.scheduler.loaded()]

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)

    async def until_waiting(self, requests: int) -> None:
        await until(lambda: self.value("engine_waiting_requests") == requests)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(CEILING_SECONDS):
        while not true():
            await asyncio.sleep(0)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    made = Room()
    yield made
    await made.scheduler.close()


async def test_a_model_is_loaded_once_for_all_who_want_it(room: Room) -> None:
    async with room.lease() as one, room.lease() as other:
        assert one.child is other.child
    await room.use()
    assert len(room.starts.specs) == 1
    assert room.names() == ["a:latest"]


async def test_a_request_too_many_is_refused_as_busy() -> None:
    room = Room(waiting_requests=1)
    async with room.lease() as lease, lease.slot():
        waiting = asyncio.ensure_future(room.use())
        await room.until_waiting(1)
        with pytest.raises(ApiError) as caught:
            await room.use()
        assert (caught.value.status, caught.value.message) == (503, errors.BUSY)
        assert room.value("engine_refused_requests_total") == 1
    await waiting
    assert room.value("engine_waiting_requests") == 0


async def test_only_as_many_work_at_a_time_as_there_are_slots() -> None:
    room = Room()
    wanted = spec(parallel=2)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(2):
            held = room.scheduler.lease(model("a"), FACTS, wanted, HOUR)
            lease = await stack.enter_async_context(held)
            await stack.enter_async_context(lease.slot())
        third = asyncio.ensure_future(room.use())
        await room.until_waiting(1)
        assert not third.done()
    await third


async def test_other_runner_options_wait_until_the_model_is_idle_and_then_reload_it(
    room: Room,
) -> None:
    async with room.lease(context_tokens=64):
        other = asyncio.ensure_future(room.use(context_tokens=128))
        await room.until_waiting(1)
        assert room.starts.contexts == [64]
    await other
    assert room.starts.contexts == [64, 128]
    assert room.starts.alive == [2]
    assert room.value("engine_unloads_total", reason="replaced") == 1


async def test_a_request_is_not_overtaken_by_those_that_came_after_it(room: Room) -> None:
    async with room.lease(context_tokens=64):
        second = asyncio.ensure_future(room.use(context_tokens=128))
        await room.until_waiting(1)
        third = asyncio.ensure_future(room.use(context_tokens=64))
        await room.until_waiting(2)
    await asyncio.gather(second, third)
    assert room.starts.contexts == [64, 128, 64]


async def test_the_idle_model_that_was_used_longest_ago_makes_room() -> None:
    room = Room(loaded_models=2)
    for name in ("a", "b", "a", "c"):
        await room.use(name)
    assert sorted(room.names()) == ["a:latest", "c:latest"]
    assert room.value("engine_unloads_total", reason="room") == 1


async def test_a_busy_model_does_not_make_room(room: Room) -> None:
    async with room.lease("a"):
        other = asyncio.ensure_future(room.use("b"))
        await room.until_waiting(1)
        assert room.names() == ["a:latest"]
    await other
    assert room.names() == ["b:latest"]


async def test_a_model_leaves_memory_when_its_keep_alive_is_over(room: Room) -> None:
    async with room.lease(keep_alive_seconds=0.01):
        pass
    async with asyncio.timeout(CEILING_SECONDS):
        await room.starts.children[0].stopped.wait()
    assert room.names() == []
    assert room.value("engine_unloads_total", reason="expired") == 1


async def test_a_model_in_use_does_not_leave_whatever_its_keep_alive(room: Room) -> None:
    async with room.lease(keep_alive_seconds=HOUR):
        async with room.lease(keep_alive_seconds=0.0):
            pass
        assert room.starts.alive == [1]
    async with asyncio.timeout(CEILING_SECONDS):
        await room.starts.children[0].stopped.wait()


async def test_an_idle_model_is_unloaded_at_once_and_a_busy_one_after_its_last_request(
    room: Room,
) -> None:
    await room.use()
    await room.scheduler.unload(model("a"))
    assert room.starts.alive == []
    async with room.lease():
        await room.scheduler.unload(model("a"))
        assert room.starts.alive == [2]
    async with asyncio.timeout(CEILING_SECONDS):
        await room.starts.children[1].stopped.wait()


async def test_unloading_what_is_not_in_memory_does_nothing(room: Room) -> None:
    await room.scheduler.unload(model("a"))
    assert room.starts.specs == []


async def test_a_failed_load_is_told_to_all_who_waited_and_tried_anew_by_the_next(
    room: Room,
) -> None:
    room.starts.gate.clear()
    room.starts.failure = LoadFailedError("no such luck")
    requests = [asyncio.ensure_future(room.use()) for _ in range(2)]
    await room.until_waiting(1)
    room.starts.gate.set()
    for found in await asyncio.gather(*requests, return_exceptions=True):
        assert isinstance(found, ApiError)
        assert found.message == "llama runner process has terminated: no such luck"
    room.starts.failure = None
    await room.use()
    assert len(room.starts.specs) == 2
    assert room.value("engine_failed_loads_total") == 1


async def test_a_process_that_crashed_is_started_anew(room: Room) -> None:
    await room.use()
    room.starts.children[0].crash()
    assert room.names() == []
    await room.use()
    assert room.starts.alive == [2]
    await until(lambda: room.value("engine_crashes_total") == 1)
    assert room.value("engine_loaded_models") == 1


async def test_a_load_goes_on_when_one_of_two_leaves_and_ends_when_both_have(room: Room) -> None:
    room.starts.gate.clear()
    first, second = (asyncio.ensure_future(room.use()) for _ in range(2))
    await room.until_waiting(1)
    first.cancel()
    await asyncio.wait([first])
    assert room.starts.cancelled == 0
    second.cancel()
    await asyncio.wait([second])
    await until(lambda: room.starts.cancelled == 1)
    room.starts.gate.set()
    await room.use()
    assert room.starts.alive == [1]


async def test_who_leaves_while_waiting_is_forgotten(room: Room) -> None:
    async with room.lease("a") as lease, lease.slot():
        for_slot = asyncio.ensure_future(room.use("a"))
        await room.until_waiting(1)
        for_room = asyncio.ensure_future(room.use("b"))
        await room.until_waiting(2)
        for_turn = asyncio.ensure_future(room.use("c"))
        await room.until_waiting(3)
        for request in (for_turn, for_room, for_slot):
            request.cancel()
        await asyncio.wait([for_turn, for_room, for_slot])
        assert room.value("engine_waiting_requests") == 0
    await room.use("d")
    assert room.names() == ["d:latest"]


async def test_what_expires_last_is_listed_first() -> None:
    room = Room(loaded_models=3)
    for name, seconds in (("a", HOUR), ("b", None), ("c", 2 * HOUR)):
        async with room.lease(name, keep_alive_seconds=seconds):
            pass
    assert room.names() == ["b:latest", "c:latest", "a:latest"]


async def test_closing_ends_every_process() -> None:
    room = Room(loaded_models=2)
    await room.use("a")
    room.starts.gate.clear()
    loading = asyncio.ensure_future(room.use("b"))
    await until(lambda: len(room.starts.specs) == 2)
    await room.scheduler.close()
    await asyncio.wait([loading])
    assert room.starts.alive == []
    assert room.starts.cancelled == 1


async def test_two_schedulers_count_those_who_wait_together() -> None:
    metrics = EngineMetrics(registry := CollectorRegistry())
    one, other = (Scheduler(Limits(1, 10), metrics, Starts()) for _ in range(2))
    with one.waiting(), other.waiting():
        assert registry.get_sample_value("engine_waiting_requests") == 2
    assert registry.get_sample_value("engine_waiting_requests") == 0
