"""The front door: which way each request takes, and what is noted of that."""

import pytest

from ollama_observe.metrics.catalogue import proxy as m
from proxy.admission import Refusal
from proxy.detours import Detour
from proxy.front import Bend, FrontDesk
from proxy.heads import RequestHead, read_request
from proxy.observer import Observer
from proxy.outcomes import Ending
from proxy.pool import UpstreamPool
from proxy.portkey.config import NO_CONFIG
from proxy.portkey.crossings import Crossing
from proxy.portkey.gateway import HEAD_LIMIT_BYTES, Gateway
from proxy.recorder import Recorder
from proxy.routing import Bypass
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.ways import Direct, Way
from tests.ledgers import ReadLedger, nothing_loaded

CHAT = b"POST /api/chat HTTP/1.1\r\nContent-Length: 9"


class Exchange:
    """One request, as the desk sees it."""

    def __init__(self) -> None:
        self.hung = 0

    def upstream_hangs(self) -> None:
        self.hung += 1

    def withdraw(self) -> None:
        raise AssertionError("a client's request is nobody's to withdraw")


class Pool(UpstreamPool):
    """Connections that can be let go of."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True


class World:
    """A front door, with a gateway where the settings have one."""

    def __init__(self, **told: object) -> None:
        settings = ProxySettings.model_validate({"enable_portkey": True, **told})
        self.read = ReadLedger()
        self.state = Shared().gateway
        self.pools = Pool("http://gpu", 1.0), Pool("http://gateway", 1.0)
        self.direct = Direct(self.pools[0], settings.allowed_hosts)
        self.gateway: Gateway | None = None
        if settings.enable_portkey:
            seen = {"ollama": "http://leg/to/ollama"}
            self.gateway = Gateway(settings, self.pools[1], self.direct, self.state, seen)
        self.observer = Observer(
            settings, self.read.ledger, Shared(), lambda *_: None, nothing_loaded, lambda: 0.0
        )
        self.desk = FrontDesk(self.observer, self.direct, self.gateway)
        self.exchange = Exchange()

    def arrive(self, raw: bytes) -> tuple[Recorder, Way]:
        """A request and its way. Raises: Refusal."""
        head = read_request(raw)
        recorder = self.desk.observe(head, 0.0)
        return recorder, self.desk.way(head, recorder, self.exchange)

    def routing(self, raw: bytes) -> tuple[str, Bypass | None, bool]:
        """How a request is routed, why not otherwise, and whether it really goes directly."""
        recorder, way = self.arrive(raw)
        story = recorder.story
        assert (story.passage is None) == (way is self.direct)
        return story.routing, story.bypass, way is self.direct


DIRECT = ("direct", None, True)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (b"", DIRECT),
        (b"\r\nX-Route: direct", DIRECT),
        (b"\r\nX-Route:", DIRECT),
        (b"\r\nX-Route: portkey", ("direct", Bypass.NOT_ENABLED, True)),
    ],
)
def test_without_a_gateway_everything_goes_directly(
    wish: bytes, expected: tuple[str, Bypass | None, bool]
) -> None:
    assert World(enable_portkey=False).routing(CHAT + wish) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (CHAT, ("portkey", None, False)),
        (CHAT + b"\r\nX-Route: Portkey", ("portkey", None, False)),
        (b"GET /api/tags HTTP/1.1", ("portkey", None, False)),
        (CHAT + b"\r\nX-Route: direct", DIRECT),
        (b"DELETE /api/delete HTTP/1.1\r\nX-Route: direct", DIRECT),
        (b"DELETE /api/delete HTTP/1.1", ("direct", Bypass.METHOD, True)),
        (b"GET /api/me HTTP/1.1\r\nX-Route: portkey", ("direct", Bypass.ENDPOINT, True)),
        (b"POST /api/chat HTTP/1.1", ("direct", Bypass.BODY, True)),
        (CHAT + b"\r\nX: " + b"x" * HEAD_LIMIT_BYTES, ("direct", Bypass.HEAD, True)),
    ],
)
async def test_with_a_gateway_goes_through_what_it_can_carry(
    raw: bytes, expected: tuple[str, Bypass | None, bool]
) -> None:
    assert World().routing(raw) == expected


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_wish_that_is_none_is_refused(is_there: bool) -> None:
    world = World(enable_portkey=is_there)
    with pytest.raises(Refusal, match="X-Route: expected portkey or direct, found 'x'") as refused:
        world.arrive(CHAT + b"\r\nX-Route: x")
    assert refused.value.ending is Ending.UNSENDABLE


async def test_one_that_is_found_out_about_is_used_once_it_was_found() -> None:
    world = World(enable_portkey="auto")
    asks = b"\r\nX-Route: portkey"
    assert world.routing(CHAT) == DIRECT
    assert world.routing(CHAT + asks) == ("direct", Bypass.NOT_ENABLED, True)
    world.state.is_there()
    assert world.routing(CHAT) == ("portkey", None, False)
    world.state.tell(1.0, is_up=False)
    assert world.routing(CHAT) == ("direct", Bypass.GATEWAY_DOWN, True)


async def test_one_that_nothing_may_pass_by_is_used_before_it_was_found() -> None:
    world = World(enable_portkey="auto", portkey_strict=True)
    assert world.routing(CHAT) == ("portkey", None, False)


async def test_while_the_gateway_is_down_requests_go_directly_unless_that_is_forbidden() -> None:
    for is_strict, expected in (
        (False, ("direct", Bypass.GATEWAY_DOWN, True)),
        (True, ("portkey", None, False)),
    ):
        world = World(portkey_strict=is_strict)
        world.state.tell(1.0, is_up=False)
        assert world.routing(CHAT) == expected
        assert world.routing(CHAT + b"\r\nX-Route: portkey") == expected
        assert world.routing(CHAT + b"\r\nX-Route: direct") == DIRECT
        world.state.tell(2.0, is_up=True)
        assert world.routing(CHAT) == ("portkey", None, False)


async def test_what_the_gateway_cannot_carry_says_so_also_while_it_is_down() -> None:
    world = World()
    world.state.tell(1.0, is_up=False)
    assert world.routing(b"HEAD / HTTP/1.1") == ("direct", Bypass.METHOD, True)


async def test_a_request_that_goes_through_knows_its_passage_and_what_the_gateway_was_told() -> (
    None
):
    world = World()
    recorder, way = world.arrive(CHAT + b"\r\nX-Request-Id: mine")
    assert isinstance(way, Crossing)
    assert recorder.story.passage is way.passage
    assert recorder.story.config is NO_CONFIG
    raw = read_request(CHAT)
    assert b"\r\nx-portkey-trace-id: mine\r\n" in way.head(raw)


async def test_an_exchange_is_told_when_its_gateway_hangs() -> None:
    world = World()
    recorder, _ = world.arrive(CHAT)
    assert recorder.story.passage is not None
    recorder.story.passage.give_up()
    assert world.exchange.hung == 1


async def test_a_host_that_is_not_the_proxy_s_is_refused_by_either_way() -> None:
    world = World(allowed_hosts="ai.example")
    with pytest.raises(Refusal) as refused:
        world.arrive(CHAT + b"\r\nHost: evil")
    assert refused.value.ending is Ending.REFUSED_HOST
    _, way = world.arrive(CHAT + b"\r\nHost: evil\r\nX-Route: direct")
    with pytest.raises(Refusal):
        way.head(read_request(CHAT + b"\r\nHost: evil"))
    assert world.gateway is not None
    assert len(world.gateway.passages) == 0


async def test_what_has_ended_is_booked_when_it_is_asked_for() -> None:
    world = World()
    recorder, _ = world.arrive(b"GET /api/tags HTTP/1.1")
    recorder.ended(1.0, Ending.CLIENT_GONE)
    labels = {"endpoint": "/api/tags", "method": "GET", "model": "none", "status": "499"}
    assert world.read.value(m.REQUESTS, routing="portkey", **labels) is None
    world.desk.settle()
    assert world.read.value(m.REQUESTS, routing="portkey", **labels) == 1


def test_at_the_end_the_connections_are_let_go() -> None:
    for is_there in (True, False):
        world = World(enable_portkey=is_there)
        world.desk.close()
        assert [pool.is_closed for pool in world.pools] == [True, is_there]


def test_who_comes_in_is_looked_at_first_and_in_turn_and_may_be_refused() -> None:
    world, seen = World(enable_portkey=False), []

    def changes(head: RequestHead, _recorder: Recorder) -> None:
        head.passing = [*head.passing, b"X-Seen: 1"]

    def refuses(head: RequestHead, recorder: Recorder) -> None:
        seen.append((head.passing[-1], recorder.endpoint.template))
        raise Refusal(Ending.UNSENDABLE, "no", [b"A: b"])

    world.desk = FrontDesk(world.observer, world.direct, thresholds=[changes, refuses])
    with pytest.raises(Refusal, match="no") as refused:
        world.arrive(CHAT)
    assert refused.value.lines == [b"A: b"]
    assert seen == [(b"X-Seen: 1", "/api/chat")]


@pytest.mark.parametrize("enable_portkey", [True, False])
async def test_the_way_that_was_chosen_may_be_bent_and_the_last_bend_is_outermost(
    enable_portkey: bool,
) -> None:
    world = World(enable_portkey=enable_portkey)

    class First(Detour):
        """One bend."""

    class Second(Detour):
        """Another."""

    bends: list[Bend] = [lambda trip, *_: First(trip), lambda trip, *_: Second(trip)]
    world.desk = FrontDesk(world.observer, world.direct, world.gateway, bends=bends)
    _, way = world.arrive(CHAT)
    assert isinstance(way, Second)
    assert isinstance(way.trip, First)
    assert isinstance(way.trip.trip, Crossing if enable_portkey else Direct)
