"""What has ended is booked after the bytes have left, and nothing of it is lost."""

import asyncio

from ollama_observe.wire.endpoints import endpoint_of
from proxy.closing import Closing
from proxy.inflight import InflightTable
from proxy.outcomes import Ending
from proxy.story import Story


class Recorder:
    """Notes how it was finished, and makes room for the next."""

    def __init__(self, table: InflightTable, booked: list[tuple[float, Ending]]) -> None:
        self.story = Story("", "", "", "POST", endpoint_of("/api/chat"), True, "m", 0.0)
        self._table = table
        self._booked = booked
        table.enter(self.story)

    def finish(self, at: float, ending: Ending) -> None:
        self._booked.append((at, ending))
        self._table.leave(self.story)


class World:
    """Requests in flight, and their end."""

    def __init__(self) -> None:
        self.booked: list[tuple[float, Ending]] = []
        self.table = InflightTable(1, lambda: 0.0)
        self.closing = Closing(self.table)

    def end(self, at: float, ending: Ending, sent_at: float | None = None) -> Story:
        recorder = Recorder(self.table, self.booked)
        recorder.story.sent_at = sent_at
        self.closing.add(recorder, at, ending)
        return recorder.story


async def test_requests_are_booked_in_their_order_when_the_turn_is_over() -> None:
    world = World()
    for turn in (0.0, 10.0):
        for number in range(3):
            world.end(turn + number, Ending.COMPLETE)
        assert len(world.booked) == (0 if turn == 0.0 else 3)
        await asyncio.sleep(0)
    assert [at for at, _ in world.booked] == [0.0, 1.0, 2.0, 10.0, 11.0, 12.0]


async def test_what_waits_can_be_booked_at_once_and_is_booked_once() -> None:
    world = World()
    world.end(1.0, Ending.CLIENT_GONE)
    world.closing.settle()
    await asyncio.sleep(0)
    assert world.booked == [(1.0, Ending.CLIENT_GONE)]


async def test_of_those_who_leave_together_one_had_the_slot() -> None:
    world = World()
    stories = [world.end(9.0, Ending.CLIENT_GONE, sent_at=1.0 + number) for number in range(5)]
    world.closing.settle()
    assert [story.is_prefill for story in stories] == [True, False, False, False, False]
