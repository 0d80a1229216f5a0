"""Keys that are held to models: the body decides, before anything of it is sent."""

import pytest

from ollama_observe.wire.requests import COPY_LIMIT_BYTES
from proxy.access.denials import Denial, Reason
from proxy.access.entries import Entry
from proxy.access.holding import HeldTrip, ModelBend
from proxy.access.patterns import Patterns
from proxy.pool import UpstreamPool
from proxy.ways import Direct, Trip
from tests.gatehouse import Gatehouse, an_entry, lines_of

LLAMA = an_entry("alice", models=Patterns(("llama3*",)))


def trip_of(house: Gatehouse, *lines: bytes, **told: object) -> tuple[Trip, Trip]:
    """The trip of a request, and what the bend makes of it."""
    head = house.head(*lines, **told)  # type: ignore[arg-type]
    recorder = house.comes(head)
    direct = Direct(UpstreamPool("http://gpu", 1.0))
    return direct, ModelBend(house.gate.note)(direct, head, recorder)


def held(**told: object) -> tuple[Gatehouse, Trip]:
    house = Gatehouse(LLAMA, an_entry("bob"))
    _, trip = trip_of(house, **{"key": "alice", **told})
    assert isinstance(trip, HeldTrip)
    return house, trip


def test_only_the_bodies_of_keys_that_are_held_are_kept() -> None:
    house = Gatehouse(LLAMA, an_entry("bob"))
    for told in (
        {"key": "bob"},
        {"key": "alice", "asked": b"GET /api/tags"},
        {"key": "alice", "asked": b"GET /api/chat"},
        {"key": "alice", "asked": b"HEAD /"},
        {"key": "alice", "asked": b"OPTIONS /v1/models/llama3"},
    ):
        direct, trip = trip_of(house, **told)
        assert trip is direct
    _, trip = held()
    assert trip.body_limit_bytes == COPY_LIMIT_BYTES


@pytest.mark.parametrize("line", [b"Content-Length: 17", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"OPTIONS", b"DELETE"])
def test_a_body_is_looked_into_whatever_the_method(method: bytes, line: bytes) -> None:
    house = Gatehouse(LLAMA, an_entry("bob"))
    _, trip = trip_of(house, line, key="alice", asked=method + b" /api/chat")
    with pytest.raises(Denial, match="not good for the model"):
        trip.body(b'{"model":"qwen3"}')


def test_a_body_that_asks_an_allowed_model_goes_on_as_it_is() -> None:
    _, trip = held()
    body = b'{"model": "LLAMA3.2:1b", "messages": []}'
    assert trip.body(body) is body


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"model":"qwen3"}', "not good for the model"),
        (b'{"model":"llama3","model":"qwen3"}', "expected each name once"),
        (b'{"model":"llama3","MODEL":"qwen3"}', "expected model in lower case"),
        (b'{"prompt":"x"}', "expected the name of a model"),
        (b"", "expected a JSON object"),
        (None, f"expected a body of {COPY_LIMIT_BYTES} bytes at most"),
    ],
)
def test_any_other_is_refused_and_counted(body: bytes | None, said: str) -> None:
    house, trip = held()
    with pytest.raises(Denial, match=said) as refused:
        trip.body(body)
    assert refused.value.reason is Reason.MODEL
    assert "qwen3" not in str(refused.value)
    assert house.refused(user="alice", reason="model") == 1
    assert house.counts.totals(house.counts.place("alice")).refused == 1


def test_where_an_older_name_counts_it_is_looked_at() -> None:
    _, trip = held(asked=b"POST /api/show")
    assert trip.body(b'{"name":"llama3"}')
    for body in (b'{"name":"qwen3"}', b'{"model":"llama3","name":"qwen3"}'):
        with pytest.raises(Denial):
            trip.body(body)


def test_nobody_waits_for_the_upstreams_go_ahead() -> None:
    house = Gatehouse(LLAMA, an_entry("bob"))
    expect = b"Expect: 100-continue"
    for key, is_left in (("alice", False), ("bob", True)):
        head = house.head(expect, key=key)
        ModelBend(house.gate.note)(Direct(UpstreamPool("http://g", 1.0)), head, house.comes(head))
        assert (b"expect" in lines_of(head)) is is_left
        assert b"expect" in head.headers  # so that the client gets ours


def test_a_user_is_held_as_well_as_a_key() -> None:
    house = Gatehouse(an_entry("web"), Entry("carol", models=Patterns(("qwen3",))))
    _, trip = trip_of(house, key="web", user="carol")
    assert trip.body(b'{"model":"qwen3"}')
    with pytest.raises(Denial):
        trip.body(b'{"model":"llama3"}')
