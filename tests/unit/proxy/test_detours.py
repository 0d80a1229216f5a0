"""A way that leads into another one is that one, but for what it does otherwise."""

from proxy.detours import Detour
from proxy.heads import read_request
from proxy.pool import UpstreamPool
from proxy.routing import Bypass
from proxy.ways import Direct, PlainWay, Trip


def way() -> Direct:
    return Direct(UpstreamPool("http://gpu-box:11434", 1.0))


def test_a_detour_is_the_way_that_it_leads_to() -> None:
    direct, request = way(), read_request(b"GET / HTTP/1.1\r\nHost: me")
    around = Detour(direct)
    assert around.head(request) == direct.head(request)
    assert (around.pool, around.name) == (direct.pool, direct.name)
    names = [name for name in dir(PlainWay) if not name.startswith("_")]
    values = [name for name in names if not callable(getattr(direct, name))]
    assert {name: getattr(around, name) for name in values} == {
        name: getattr(direct, name) for name in values
    }
    assert around.body(b"x") == b"x"
    assert around.instead(Bypass.GATEWAY_DOWN) is None


class Waited(Detour):
    """A detour on which a turn was waited for."""

    def __init__(self, trip: Trip) -> None:
        super().__init__(trip)
        self.heir: Trip | None = None

    def yield_turn(self, to: Trip | None) -> None:
        self.heir = to
        super().yield_turn(to)


def test_a_turn_is_yielded_from_each_detour_to_the_same_one_of_another_way() -> None:
    inner, other = Waited(way()), Waited(way())
    Detour(Detour(inner)).yield_turn(Detour(Detour(other)))
    assert inner.heir is other


def test_a_turn_may_be_yielded_to_nobody() -> None:
    inner = Waited(way())
    Detour(inner).yield_turn(None)
    assert inner.heir is None


def test_all_ways_to_one_upstream_have_one_goal() -> None:
    direct = way()
    assert Detour(Waited(direct)).goal is Detour(direct).goal is direct.pool
