"""Of what a viewer asks for only the latest counts."""

import asyncio

from dashboard.wishes import Wishes

CEILING_SECONDS = 5.0


async def test_only_the_latest_wish_is_heeded() -> None:
    wishes = Wishes()
    for number in range(1000):
        wishes.say(b"%d" % number)
    assert await asyncio.wait_for(wishes.next(), CEILING_SECONDS) == b"999"


async def test_who_heeds_waits_for_the_next() -> None:
    wishes = Wishes()
    wishes.say("one")
    assert await wishes.next() == "one"
    waiting = asyncio.ensure_future(wishes.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    wishes.say(b"")  # nothing is something, too: it is refused
    assert await asyncio.wait_for(waiting, CEILING_SECONDS) == b""
