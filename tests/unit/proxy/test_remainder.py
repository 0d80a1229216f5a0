"""The rest of an answer goes to who took note of its beginning, and is booked after it."""

from ollama_observe.wire.endpoints import endpoint_of
from proxy.closing import Closing
from proxy.inflight import InflightTable
from proxy.outcomes import Ending
from proxy.remainder import Remainder
from proxy.story import Story


class Source:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.story = Story("", "", "", "POST", endpoint_of("/api/chat"), True, "m", 0.0)
        self.told: list[object] = []

    def rest_received(self, at: float, pieces: list[bytes]) -> None:
        self.told.append((at, pieces))

    def finish_rest(self, at: float, ending: Ending) -> None:
        self.told.append((at, ending))


async def test_what_comes_is_told_at_once_and_the_end_when_it_is_booked() -> None:
    source, closing = Source(), Closing(InflightTable(1, lambda: 0.0))
    rest = Remainder(source, closing)
    rest.pieces_received(1.0, [b"a"])
    rest.ended(2.0, Ending.COMPLETE)
    assert source.told == [(1.0, [b"a"])]
    closing.settle()
    assert source.told == [(1.0, [b"a"]), (2.0, Ending.COMPLETE)]
