"""Who answers to a name is looked up now and then, and nobody waits long for that."""

import asyncio
import threading

from dashboard.replicas import LOOK_UP_SECONDS, Replicas
from tests.clock import Clock

URL = "http://proxy:8001"
CEILING_SECONDS = 10.0


async def test_all_that_answer_to_the_name_are_known_after_a_while() -> None:
    clock, found = Clock(), [["a"], ["a", "b"]]
    replicas = Replicas(URL, lambda url: found.pop(0) if url == URL else [], clock)
    seen = [await replicas.now(), await replicas.now()]
    clock.now += LOOK_UP_SECONDS
    assert [*seen, await replicas.now()] == [("a",), ("a",), ("a", "b")]


async def test_while_nobody_has_the_name_those_of_before_are_known() -> None:
    clock, found = Clock(), [[], ["a", "b"], []]
    replicas = Replicas(URL, lambda _: found.pop(0), clock)
    seen = []
    for _ in range(3):
        seen.append(await replicas.now())
        clock.now += LOOK_UP_SECONDS
    assert seen == [(URL,), ("a", "b"), ("a", "b")]


async def test_whether_anybody_has_the_name_is_known() -> None:
    clock, found = Clock(), [["a"], [], ["a"]]
    replicas = Replicas(URL, lambda _: found.pop(0), clock)
    named = [replicas.is_named]
    for _ in range(3):
        await replicas.now()
        named.append(replicas.is_named)
        clock.now += LOOK_UP_SECONDS
    assert named == [True, True, False, True]


async def test_a_slow_resolver_is_asked_once_and_heard_when_it_answers() -> None:
    released, asked = threading.Event(), []

    def slow(url: str) -> list[str]:
        asked.append(url)
        released.wait(CEILING_SECONDS)
        return ["a"]

    clock = Clock()
    replicas = Replicas(URL, slow, clock, within_seconds=0.05)
    assert await replicas.now() == (URL,)
    clock.now += LOOK_UP_SECONDS
    assert await replicas.now() == (URL,)
    released.set()
    async with asyncio.timeout(CEILING_SECONDS):
        while await replicas.now() != ("a",):
            pass
    assert asked == [URL]
