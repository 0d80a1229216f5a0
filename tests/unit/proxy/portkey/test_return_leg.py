"""The return leg: what the gateway sends on reaches Ollama as the client wrote it, and is told."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.metrics.catalogue import portkey as m
from ollama_observe.metrics.catalogue.access import REFUSALS as KEY_REFUSALS
from ollama_observe.wire.endpoints import endpoint_of_target
from ollama_observe.wire.javascript import object_in_javascript
from proxy.admission import Refusal
from proxy.heads import read_request
from proxy.outcomes import Ending
from proxy.pool import UpstreamPool
from proxy.portkey.crossings import Crossing
from proxy.portkey.gateway import BODY_LIMIT_BYTES, Gateway
from proxy.portkey.passages import Passage, Passages
from proxy.portkey.return_leg import Homeward, Leg, ReturnDesk
from proxy.routing import Bypass
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.ways import Direct, Way
from tests.ledgers import ReadLedger


class Exchange:
    """One attempt, as the desk sees it."""

    def __init__(self) -> None:
        self.withdrawn = 0

    def upstream_hangs(self) -> None:
        raise AssertionError("nobody but the gateway hangs")

    def withdraw(self) -> None:
        self.withdrawn += 1


class World:
    """A return leg to two Ollamas, and the passages of its process."""

    def __init__(self, url: str = "http://gpu:1/below", second: str = "http://b:2") -> None:
        self.read = ReadLedger()
        self.passages = Passages(lambda _: False)
        self.pools = {"ollama": UpstreamPool(url, 1.0), "second": UpstreamPool(second, 1.0)}
        self.desk = ReturnDesk(self.pools, self.passages, self.read.ledger)

    def open(self, host: bytes | None = b"localhost:1", key: bytes | None = None) -> Passage:
        """A client's request sets out."""
        headers = {b"user-agent": b"mine", **({b"authorization": key} if key is not None else {})}
        return self.passages.open(True, host, headers, lambda: None)

    def arrive(
        self, raw: bytes, exchange: Exchange | None = None, at: float = 0.0
    ) -> tuple[Leg, Way]:
        """What becomes of a request of the gateway's. Raises: Refusal."""
        head = read_request(raw)
        leg = self.desk.observe(head, at)
        return leg, self.desk.way(head, leg, exchange or Exchange())

    def sent(self, raw: bytes, **told: Any) -> list[bytes]:
        """The lines of its head on the way to an Ollama."""
        _, way = self.arrive(raw)
        lines = way.head(read_request(raw), **told).split(b"\r\n")
        assert lines[-2:] == [b"", b""]
        return lines[:-2]

    def attempts(self, status: str, upstream: str = "ollama") -> float | None:
        return self.read.value(m.ATTEMPTS, upstream=upstream, status=status)


def asked(target: bytes, *fields: bytes) -> bytes:
    return b"\r\n".join([b"POST %s HTTP/1.1" % target, *fields])


def of(passage: Passage, *fields: bytes, target: bytes = b"/to/ollama/api/chat") -> bytes:
    """A request that the gateway makes of a client's."""
    return asked(target, b"X-Ollama-Observe-Leg: " + passage.token, *fields)


# where it goes


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        (b"/to/ollama/api/chat?x=/to/second/", b"/below/api/chat?x=/to/second/", b"localhost"),
        (b"/to/second/v1/models/a%2Fb", b"/v1/models/a%2Fb", b"localhost"),
        (b"/to/ollama", b"/below/", b"localhost"),
        (b"/to/ollama/", b"/below/", b"localhost"),
        (b"/to/ollama//x", b"/below//x", b"localhost"),
        (b"/to/ollama/to/second/x", b"/below/to/second/x", b"localhost"),
        (b"/to/ollama/#", b"/below/#", b"localhost"),
    ],
)
def test_a_path_names_an_upstream_and_what_is_asked_of_it(
    target: bytes, path: bytes, host: bytes
) -> None:
    assert World().sent(asked(target)) == [b"POST %s HTTP/1.1" % path, b"Host: " + host]


@pytest.mark.parametrize(
    "target",
    [
        *(b"/to/third/api/chat", b"/to/OLLAMA/x", b"/to/ollama?x", b"/to//x", b"/to/", b"/to"),
        *(b"/api/chat", b"/", b"*", b"http://h/to/ollama/x", b"/TO/ollama/x", b"/to/ollama%2Fx"),
        *(b"/to/\xff/x", b"/to/ollama#/x", b"//to/ollama/x"),
    ],
)
def test_a_path_that_names_none_is_refused_with_those_that_do(target: bytes) -> None:
    world = World()
    with pytest.raises(Refusal) as refused:
        world.arrive(asked(target))
    assert refused.value.ending is Ending.UNSENDABLE
    assert str(refused.value).endswith("begins with one of /to/ollama/, /to/second/")


def test_an_error_is_told_in_the_dialect_of_the_path_that_was_asked_for() -> None:
    templates = {
        b"/to/ollama/v1/messages?x": "/v1/messages",
        b"/to/third/api/chat": "/api/chat",
        b"/to/ollama": "/",
        b"/invented": "other",
    }
    for target, template in templates.items():
        leg = World().desk.observe(read_request(asked(target)), 0.0)
        assert leg.endpoint.template == template


# whose it is


async def test_an_attempt_carries_host_and_key_of_the_client() -> None:
    world = World()
    passage = world.open(b"ai.example:9", b"Bearer mine")
    given = (b"Host: leg:1", b"authorization: Bearer ollama", b"User-Agent: me")
    assert world.sent(of(passage, *given)) == [
        b"POST /below/api/chat HTTP/1.1",
        b"Host: ai.example:9",
        b"Authorization: Bearer mine",
        b"User-Agent: me",
    ]


async def test_where_host_is_rewritten_it_is_the_upstream_s_own_name() -> None:
    world = World()
    passage = world.open(host=None)
    assert world.sent(of(passage))[1] == b"Host: gpu:1"
    assert world.sent(of(passage, target=b"/to/second/x"))[1] == b"Host: b:2"


@pytest.mark.parametrize("key", [None, b""])
async def test_a_client_without_a_key_has_none_at_ollama(key: bytes | None) -> None:
    world = World()
    sent = world.sent(of(world.open(key=key), b"Authorization: Bearer ollama"))
    assert not [line for line in sent if line.startswith(b"Authorization")]


async def test_a_client_whose_key_is_the_placeholder_keeps_it() -> None:
    world = World()
    sent = world.sent(of(world.open(key=b"Bearer ollama"), b"Authorization: Bearer ollama"))
    assert sent.count(b"Authorization: Bearer ollama") == 1


async def test_a_key_that_the_configuration_sets_is_what_ollama_gets() -> None:
    world = World("http://me:key@gpu")
    sent = world.sent(of(world.open(key=b"Bearer mine"), b"Authorization: Bearer theirs"))
    assert [line for line in sent if line.startswith(b"Auth")] == [b"Authorization: Bearer theirs"]


async def test_the_address_s_credentials_are_for_those_who_bring_no_key() -> None:
    world = World(second="http://me:key@b")
    passage = world.open()
    target = b"/to/second/api/chat"
    for keys in ((b"Authorization: Bearer ollama",), ()):
        sent = world.sent(of(passage, *keys, target=target))
        assert sent.count(b"Authorization: Basic bWU6a2V5") == 1
    theirs = world.sent(of(passage, b"Authorization: Bearer x", target=target))
    assert b"Authorization: Basic bWU6a2V5" not in theirs


async def test_a_body_keeps_its_framing_unless_it_is_another() -> None:
    world = World()
    passage = world.open()
    chunked = of(passage, b"Transfer-Encoding: chunked")
    assert world.sent(chunked)[-1] == b"Transfer-Encoding: chunked"
    assert world.sent(chunked, length=7)[-1] == b"Content-Length: 7"
    assert world.sent(of(passage, b"Content-Length: 3"), length=7)[2:] == [b"Content-Length: 7"]


@pytest.mark.parametrize(("host", "seen"), [(b"Host: evil", b"evil"), (b"A: b", b"localhost")])
async def test_who_came_to_the_gateway_by_himself_is_served_and_counted(
    host: bytes, seen: bytes
) -> None:
    world, exchange = World(), Exchange()
    world.open()
    raw = asked(b"/to/second/api/chat", b"Authorization: Bearer ollama", host)
    leg, way = world.arrive(raw, exchange)
    assert leg.passage is None
    assert not way.hides_breaks  # nobody else would tell
    sent = way.head(read_request(raw)).split(b"\r\n")
    assert sent[:2] == [b"POST /api/chat HTTP/1.1", b"Host: " + seen]  # Ollama's guard decides


async def test_where_keys_are_asked_for_who_came_by_himself_is_refused() -> None:
    world, exchange = World(), Exchange()
    pools, ledger = world.pools, world.read.ledger
    world.desk = ReturnDesk(pools, world.passages, ledger, admits_strangers=False)
    raw = asked(b"/to/second/api/chat", b"Authorization: Bearer ollama")
    with pytest.raises(Refusal, match="an API key is needed") as refused:
        world.arrive(raw, exchange)
    assert refused.value.ending is Ending.REFUSED_ACCESS
    assert world.read.value(KEY_REFUSALS, user="none", reason="return_leg") == 1
    assert world.arrive(of(world.open()))[0].passage is not None


@pytest.mark.parametrize("token", [b"", b"f", b"0" * 32])
async def test_nothing_is_done_for_who_brings_a_token_of_no_request(token: bytes) -> None:
    world = World()
    world.open()
    with pytest.raises(Refusal, match="the client has left"):
        world.arrive(asked(b"/to/ollama/api/chat", b"x-ollama-observe-leg: " + token))


async def test_of_those_who_are_served_the_end_is_booked() -> None:
    world, exchange = World(), Exchange()
    leg, _ = world.arrive(asked(b"/to/second/api/chat"), exchange)
    leg.request_sent(1.0)
    leg.pieces_received(2.0, [b"x"], 2.0)
    leg.head_received(2.0, 200, {})
    leg.ended(3.0, Ending.COMPLETE)
    assert world.attempts("200", "second") == 1


async def test_nothing_is_done_for_a_client_that_has_left() -> None:
    world = World()
    passage = world.open()
    world.passages.close(passage)
    head = read_request(of(passage))
    leg = world.desk.observe(head, 0.0)
    with pytest.raises(Refusal, match="the client has left") as refused:
        world.desk.way(head, leg, Exchange())
    assert refused.value.ending is Ending.CLIENT_GONE
    leg.ended(1.0, Ending.CLIENT_GONE)
    assert world.attempts("499") is None
    assert passage.attempts == 0


async def test_a_client_that_leaves_ends_the_attempt_in_progress() -> None:
    world, exchange = World(), Exchange()
    passage = world.open()
    world.arrive(of(passage), exchange)
    world.passages.close(passage)
    assert exchange.withdrawn == 1


async def test_a_second_attempt_withdraws_the_first() -> None:
    world, first, second = World(), Exchange(), Exchange()
    passage = world.open()
    world.arrive(of(passage), first)
    world.arrive(of(passage, target=b"/to/second/api/chat"), second)
    assert (first.withdrawn, second.withdrawn, passage.attempts) == (1, 0, 2)


async def test_an_attempt_at_an_upstream_that_there_is_not_is_none() -> None:
    world, first = World(), Exchange()
    passage = world.open()
    world.arrive(of(passage), first)
    with pytest.raises(Refusal):
        world.arrive(of(passage, target=b"/to/third/api/chat"))
    assert (first.withdrawn, passage.attempts) == (0, 1)


# what is told


async def test_a_passage_is_told_how_its_attempt_goes() -> None:
    world = World()
    passage = world.open()
    passage.gateway_got(1.0)
    waits = [passage.waits]
    leg, _ = world.arrive(of(passage), at=2.0)
    waits.append(passage.waits)
    for at in (3.0, 4.0):
        leg.request_sent(at)
    assert passage.upstream_sent_at == 3.0
    leg.head_received(5.0, 200, {})
    waits.append(passage.waits)  # the head goes on with the first bytes of the body
    leg.pieces_received(6.0, [b"x"], 6.5)
    waits.append(passage.waits)
    leg.ended(8.0, Ending.COMPLETE)
    assert waits == [1.0, None, None, 6.5]
    assert passage.attempts == 1
    assert (passage.attempt_status, passage.attempt_ending) == (200, Ending.COMPLETE)
    assert passage.inner_seconds == 6.0
    assert world.attempts("200") == 1


@pytest.mark.parametrize(
    ("status", "is_answered", "ending", "booked"),
    [
        (200, False, Ending.COMPLETE, 200),
        (404, False, Ending.COMPLETE, 404),
        (200, False, Ending.BROKE_OFF, 200),
        (200, False, Ending.CLIENT_GONE, 499),
        (None, False, Ending.CLIENT_GONE, 499),
        (None, True, Ending.UNREACHABLE, 502),
        (None, True, Ending.CONNECT_TIMEOUT, 504),
        (None, True, Ending.CUT_BY_SHUTDOWN, 503),
        (200, True, Ending.BROKE_OFF, 502),
        (200, True, Ending.FAILED, 500),
    ],
)
async def test_an_attempt_is_counted_with_what_the_gateway_was_answered(
    status: int | None, is_answered: bool, ending: Ending, booked: int
) -> None:
    world = World()
    passage = world.open()
    leg, _ = world.arrive(of(passage))
    if status is not None:
        leg.head_received(1.0, status, {})
    if is_answered:
        leg.answered(10)
    leg.ended(2.0, ending)
    assert world.attempts(str(booked)) == 1
    assert (passage.attempt_status, passage.attempt_ending) == (booked, ending)


def test_what_comes_back_is_in_no_metric_of_requests() -> None:
    world = World()
    leg, _ = world.arrive(asked(b"/to/ollama/api/chat"))
    leg.body_piece(b"{}")
    leg.request_read(1.0)
    leg.ended(2.0, Ending.COMPLETE)
    world.desk.settle()
    assert "requests_total {'method'" not in world.read.text()


def test_a_leg_has_no_id_of_its_own() -> None:
    leg = World().desk.observe(read_request(asked(b"/to/ollama/x", b"X-Request-Id: mine")), 0.0)
    assert leg.request_id == ""


def test_at_the_end_the_connections_are_let_go() -> None:
    class Pool(UpstreamPool):
        is_closed = False

        def close(self) -> None:
            self.is_closed = True

    pools = {name: Pool("http://gpu", 1.0) for name in ("ollama", "second")}
    ReturnDesk(pools, Passages(lambda _: False), ReadLedger().ledger).close()
    assert all(pool.is_closed for pool in pools.values())


# what was withheld is said again


async def test_a_body_is_kept_only_where_something_is_to_be_said_again() -> None:
    world = World()
    passage = world.open()
    assert world.arrive(of(passage))[1].body_limit_bytes == 0
    passage.has_withheld_stream = True
    assert world.arrive(of(passage))[1].body_limit_bytes == BODY_LIMIT_BYTES
    assert world.arrive(asked(b"/to/ollama/x"))[1].body_limit_bytes == 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{}", b'{"stream":true}'),
        (b"{ }", b'{"stream":true }'),
        (b'{"a":1}', b'{"stream":true,"a":1}'),
        (b'{\n"a":{}}', b'{"stream":true,\n"a":{}}'),
    ],
)
def test_that_an_answer_streams_is_said_first(body: bytes, said: bytes) -> None:
    assert World().arrive(asked(b"/to/ollama/x"))[1].body(body) == said


@pytest.mark.parametrize("body", [None, b"", b"[1]", b'"a"', b" {}"])
def test_a_body_that_is_no_object_is_left_alone(body: bytes | None) -> None:
    assert World().arrive(asked(b"/to/ollama/x"))[1].body(body) is body


def test_there_is_no_other_way_home_and_none_is_closed() -> None:
    _, way = World().arrive(asked(b"/to/ollama/x"))
    assert [way.instead(reason) for reason in Bypass] == [None] * len(Bypass)
    way.close()
    assert not way.is_broken


class ThereAndBack:
    """A request through a gateway that reads JSON, and writes it again."""

    def __init__(self, path: bytes = b"/api/chat", url: str = "http://gpu", **told: object) -> None:
        settings = ProxySettings.model_validate(told)
        direct = Direct(UpstreamPool(url, 1.0), settings.allowed_hosts)
        pool = UpstreamPool("http://gateway", 1.0)
        seen = {"ollama": "http://leg/to/ollama"}
        self.gateway = Gateway(settings, pool, direct, Shared().gateway, seen)
        self.raw = asked(path, b"Host: ai.example", b"Content-Length: 9")
        endpoint = endpoint_of_target(path)
        self.crossing = Crossing(self.gateway, read_request(self.raw), endpoint, "id", lambda: None)

    def body(self, body: bytes) -> bytes | None:
        """The body as Ollama gets it."""
        sent = self.crossing.body(body)
        if sent is None:
            return None
        written = json.dumps(json.loads(sent), separators=(",", ":")).encode()
        home = self.home("http://gpu")
        return home.body(written) if home.body_limit_bytes else written

    def head(self, url: str) -> list[bytes]:
        """The lines of the head as an Ollama at `url` gets it."""
        sent = self.crossing.head(read_request(self.raw))[:-4]
        return self.home(url).head(read_request(sent)).split(b"\r\n")

    def home(self, url: str) -> Homeward:
        return Homeward(UpstreamPool(url, 1.0), b"/api/chat", self.crossing.passage)


VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.booleans())
BODIES = st.dictionaries(st.text() | st.just("stream"), VALUES, max_size=4)


@pytest.mark.parametrize("path", [b"/api/chat", b"/v1/chat/completions", b"/v1/messages"])
async def test_a_body_means_the_same_to_ollama_as_directly(path: bytes) -> None:
    trip = ThereAndBack(path)

    @given(BODIES)
    def holds(root: dict[str, Any]) -> None:
        trip.crossing.passage.has_withheld_stream = False
        body = json.dumps(root).encode()
        arrived = trip.body(body)
        if object_in_javascript(body) is not None:
            assert arrived is not None
            assert json.loads(arrived) == root

    holds()


async def test_a_body_that_says_nothing_but_that_it_streams_arrives_as_json() -> None:
    arrived = ThereAndBack().body(b'{"stream":true}')
    assert arrived is not None
    assert json.loads(arrived) == {"stream": True}


async def test_an_address_s_credentials_reach_no_other_ollama() -> None:
    head = ThereAndBack(url="http://me:key@gpu").head("http://other:secret@b")
    assert b"Authorization: Basic bWU6a2V5" not in head
    assert b"Authorization: Basic b3RoZXI6c2VjcmV0" in head


async def test_an_address_s_credentials_reach_their_own_ollama() -> None:
    head = ThereAndBack(url="http://me:key@gpu").head("http://me:key@gpu")
    assert head.count(b"Authorization: Basic bWU6a2V5") == 1


async def test_where_host_is_rewritten_each_ollama_sees_its_own_name() -> None:
    trip = ThereAndBack(url="https://gpu.example", allowed_hosts="ai.example")
    assert b"Host: gpu.example" in trip.head("https://gpu.example")
    assert b"Host: b.example" in trip.head("https://b.example")


async def test_what_the_gateway_says_for_itself_does_not_arrive() -> None:
    world = World()
    own = (b"Accept: */*", b"Accept-Language: *", b"Sec-Fetch-Mode: cors", b"User-Agent: mine")
    sent = world.sent(of(world.open(), *own))
    assert [line for line in own if line in sent] == [b"User-Agent: mine"]
    alone = world.sent(asked(b"/to/ollama/api/chat", *own))
    assert set(own) <= set(alone)  # it belongs to no request here


@pytest.mark.parametrize(("has_begun", "is_cut"), [(True, True), (False, False)])
async def test_only_an_answer_that_had_begun_can_be_cut(has_begun: bool, is_cut: bool) -> None:
    world = World()
    passage = world.open()
    leg, _ = world.arrive(of(passage))
    if has_begun:
        leg.head_received(1.0, 200, {})
    leg.ended(2.0, Ending.BROKE_OFF)
    assert (passage.is_cut, passage.attempt_ending) == (is_cut, Ending.BROKE_OFF)
