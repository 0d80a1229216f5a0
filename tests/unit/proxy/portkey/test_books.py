"""What went through the gateway, or should have: which of it is counted, and as what."""

import pytest

from ollama_observe.metrics.catalogue import portkey as m
from ollama_observe.wire.endpoints import endpoint_of
from proxy.outcomes import Ending
from proxy.pages import Pages
from proxy.portkey.answers import PortkeyAnswer
from proxy.portkey.books import begin_portkey, book_portkey
from proxy.portkey.passages import Passage
from proxy.routing import Bypass
from proxy.story import Story
from tests.ledgers import ReadLedger

ANSWER = PortkeyAnswer("openai", "0", False, 0, False, "DISABLED", is_own=False)


def passage(attempts: int = 1, inner_seconds: float = 2.0) -> Passage:
    """One whose attempts took so long together."""
    told = Passage(b"token", True, b"localhost", {}, lambda: None)
    for _ in range(attempts):
        told.attempt_began(0.0, lambda: None)
        told.attempt_ended(inner_seconds / attempts, Ending.COMPLETE, 200)
    return told


def story(ending: Ending = Ending.COMPLETE, **facts: object) -> Story:
    """A request that the gateway answered, read at 1, sent at 2 and ended at 5."""
    told = Story("id", "", "", "POST", endpoint_of("/api/show"), True, "m:latest", 0.0)
    usual = {"read_at": 1.0, "sent_at": 2.0, "upstream_status": 200, "portkey": ANSWER}
    for name, value in {**usual, "passage": passage(), **facts}.items():
        setattr(told, name, value)
    told.end(5.0, ending)
    return told


def book(*stories: Story) -> ReadLedger:
    read = ReadLedger()
    pages = Pages(read.ledger)
    for told in stories:
        book_portkey(read.ledger, pages.of(told), told)
    return read


def test_rare_events_begin_at_zero() -> None:
    read = ReadLedger()
    begin_portkey(read.ledger)
    assert [read.value(m.BYPASSES, reason=reason) for reason in Bypass] == [0] * len(Bypass)
    for reason in ("target", "gateway_down"):
        assert read.value(m.FALLBACKS, reason=reason) == 0
    assert read.value(m.RETRIES) == 0
    assert read.value(m.RETRIES_EXHAUSTED) == 0


def test_a_direct_request_is_nothing_to_the_gateways_books() -> None:
    read = book(story(passage=None))
    assert [line for line in read.text().splitlines() if "_portkey_" in line] == [
        line for line in ReadLedger().text().splitlines() if "_portkey_" in line
    ]


@pytest.mark.parametrize("reason", Bypass)
def test_a_request_that_should_have_gone_through_is_counted_with_its_reason(
    reason: Bypass,
) -> None:
    read = book(story(passage=None, bypass=reason))
    assert read.value(m.BYPASSES, reason=reason.value) == 1
    fallbacks = read.value(m.FALLBACKS, reason="gateway_down")
    assert fallbacks == (1 if reason is Bypass.GATEWAY_DOWN else None)
    assert "portkey_requests_total {'provider'" not in read.text()


def test_a_request_is_counted_by_what_the_gateway_says_of_it() -> None:
    labels = {"provider": "openai", "target": "0", "cache_status": "DISABLED", "status": "200"}
    assert book(story(), story()).value(m.REQUESTS, **labels) == 2


def test_where_the_gateway_said_nothing_so_do_the_labels() -> None:
    down = story(Ending.UNREACHABLE, upstream_status=None, portkey=PortkeyAnswer())
    labels = {"provider": "none", "target": "none", "cache_status": "none", "status": "502"}
    assert book(down).value(m.REQUESTS, **labels) == 1


def test_retries_and_fallbacks_are_the_gateways() -> None:
    tried = PortkeyAnswer("openai", "1", True, 3, False, "MISS", is_own=False)
    read = book(story(portkey=tried), story())
    assert read.value(m.RETRIES) == 3
    assert read.value(m.RETRIES_EXHAUSTED) == 0
    assert read.value(m.FALLBACKS, reason="target") == 1


def test_retries_that_were_all_in_vain_are_counted_once() -> None:
    in_vain = PortkeyAnswer("openai", "0", False, 0, True, "MISS", is_own=False)
    read = book(story(portkey=in_vain, upstream_status=503))
    assert read.value(m.RETRIES) == 0
    assert read.value(m.RETRIES_EXHAUSTED) == 1


def overhead(told: Story) -> tuple[float | None, float | None]:
    """How often it was observed, and with which sum."""
    read = book(told)
    return read.value(m.OVERHEAD, "_count"), read.value(m.OVERHEAD, "_sum")


def test_what_the_gateway_adds_is_its_time_without_its_attempts() -> None:
    assert overhead(story()) == (1, 1.0)
    assert overhead(story(passage=passage(attempts=3, inner_seconds=1.5))) == (1, 1.5)


def test_a_clock_that_stands_still_adds_nothing_and_none_runs_backwards() -> None:
    assert overhead(story(sent_at=5.0, passage=passage(inner_seconds=0.0))) == (1, 0.0)
    assert overhead(story(passage=passage(inner_seconds=3.001))) == (1, 0.0)


def slow_client() -> Passage:
    told = passage()
    told.client_keeps_up(1.0, False)
    told.client_keeps_up(2.0, True)
    return told


@pytest.mark.parametrize(
    "told",
    [
        story(passage=passage(attempts=0)),  # it came back by no return leg
        story(passage=slow_client()),
        story(upstream_status=500),
        story(upstream_status=404),
        story(upstream_status=None, ending=Ending.UNREACHABLE),
        story(Ending.CLIENT_GONE),
        story(Ending.BROKE_OFF),
        story(Ending.GATEWAY_HANGS),
        story(Ending.HALF_CLOSED),
        story(sent_at=None),
    ],
)
def test_where_the_gateways_time_cannot_be_told_from_others_it_is_not_observed(
    told: Story,
) -> None:
    assert overhead(told) == (None, None)
