"""Those who keep up wait for the others so long, and in all no longer."""

import asyncio

from proxy.cache.patience import Patience
from tests.clock import Clock
from tests.waiting import until


async def test_it_is_out_after_its_time_and_begins_anew() -> None:
    outs: list[int] = []
    patience = Patience(lambda: outs.append(1), Clock(), 0.01)
    patience.begin()
    patience.begin()
    await until(lambda: outs == [1])
    patience.begin()
    await until(lambda: outs == [1, 1])


async def test_it_is_not_out_once_nobody_waits() -> None:
    outs: list[int] = []
    patience = Patience(lambda: outs.append(1), Clock(), 0.01)
    patience.end()
    patience.begin()
    patience.end()
    await asyncio.sleep(0.03)
    assert outs == []


async def test_what_one_wait_used_the_next_does_not_have() -> None:
    clock, outs = Clock(), list[int]()
    patience = Patience(lambda: outs.append(1), clock, 60.0)
    patience.begin()
    clock.now += 59.9
    patience.end()
    patience.begin()
    await until(lambda: outs == [1], within_seconds=5.0)


async def test_more_than_all_of_it_is_out_at_once() -> None:
    clock, outs = Clock(), list[int]()
    patience = Patience(lambda: outs.append(1), clock, 60.0)
    patience.begin()
    clock.now += 100.0
    patience.end()
    patience.begin()
    await until(lambda: outs == [1], within_seconds=5.0)
