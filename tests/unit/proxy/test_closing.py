"""What has ended is booked after the bytes have left, and nothing of it is lost."""

import asyncio

from proxy.closing import Closing
from proxy.outcomes import Ending


class Recorder:
    """Notes how it was finished."""

    def __init__(self, booked: list[tuple[float, Ending]]) -> None:
        self._booked = booked

    def finish(self, at: float, ending: Ending) -> None:
        self._booked.append((at, ending))


async def test_requests_are_booked_in_their_order_when_the_turn_is_over() -> None:
    booked: list[tuple[float, Ending]] = []
    closing = Closing()
    for turn in (0.0, 10.0):
        for number in range(3):
            closing.add(Recorder(booked), turn + number, Ending.COMPLETE)  # type: ignore[arg-type]
        assert len(booked) == (0 if turn == 0.0 else 3)
        await asyncio.sleep(0)
    assert [at for at, _ in booked] == [0.0, 1.0, 2.0, 10.0, 11.0, 12.0]


async def test_what_waits_can_be_booked_at_once_and_is_booked_once() -> None:
    booked: list[tuple[float, Ending]] = []
    closing = Closing()
    closing.add(Recorder(booked), 1.0, Ending.CLIENT_GONE)  # type: ignore[arg-type]
    closing.settle()
    await asyncio.sleep(0)
    assert booked == [(1.0, Ending.CLIENT_GONE)]
