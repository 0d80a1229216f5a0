"""The story of one request: its phase, its end."""

import pytest

from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from proxy.outcomes import Ending, Outcome
from proxy.portkey.passages import Passage
from proxy.story import Phase, Story

FINAL = (
    b'{"message":{"content":"secret answer"},"done":true,"prompt_eval_count":8,"eval_count":11}\n'
)
THINKING = b'{"message":{"thinking":"secret thought"}}\n'


def read(*lines: bytes) -> StreamMeter:
    meter = StreamMeter(endpoint_of("/api/chat").answer, Framing.NDJSON)
    for line in lines:
        meter.feed(3.0, line)
    return meter


def story(**facts: object) -> Story:
    told = Story("id-1", "", "", "POST", endpoint_of("/api/chat"), True, "m:latest", 0.0)
    for name, value in {"read_at": 1.0, "upstream_status": 200, **facts}.items():
        setattr(told, name, value)
    return told


@pytest.mark.parametrize(
    ("told", "phase"),
    [
        (story(read_at=None, upstream_status=None), Phase.UPLOAD),
        (story(upstream_status=None), Phase.WAITING),
        (story(upstream_status=None, queued_at=1.0), Phase.QUEUED),
        (story(upstream_status=None, queued_at=1.0, read_at=None), Phase.QUEUED),
        (story(upstream_status=None, queued_at=1.0, turn_at=2.0), Phase.WAITING),
        (story(meter=read(THINKING)), Phase.THINKING),
        (story(meter=read(THINKING, FINAL)), Phase.ANSWERING),
        (story(), Phase.ANSWERING),
    ],
)
def test_a_request_says_what_it_is_doing(told: Story, phase: Phase) -> None:
    assert told.phase is phase


def test_a_client_that_left_with_everything_has_a_whole_answer() -> None:
    told = story(meter=read(FINAL))
    told.end(5.0, Ending.CLIENT_GONE)
    assert (told.outcome, told.status) == (Outcome.OK, 200)


def test_a_client_that_left_in_mid_answer_is_a_499_whatever_it_was_sent() -> None:
    told = story(meter=read(THINKING))
    told.end(5.0, Ending.CLIENT_GONE)
    assert (told.outcome, told.status) == (Outcome.CLIENT_GONE, 499)


@pytest.mark.parametrize(
    ("meter", "outcome", "status"),
    [(read(FINAL), Outcome.OK, 200), (read(THINKING), Outcome.CLIENT_GONE, 499)],
)
def test_a_half_closed_client_is_served_or_gone_as_its_answer_says(
    meter: StreamMeter, outcome: Outcome, status: int
) -> None:
    told = story(meter=meter)
    told.end(5.0, Ending.HALF_CLOSED)
    assert (told.outcome, told.status) == (outcome, status)


def test_the_status_is_the_proxys_own_where_the_upstream_sent_none() -> None:
    told = story(upstream_status=None)
    told.end(5.0, Ending.UNREACHABLE)
    assert told.status == 502


def test_an_answer_before_the_end_of_a_slow_request_has_no_negative_first_token() -> None:
    assert story(meter=read(FINAL), read_at=4.0).first_token_seconds == 0.0
    assert story(meter=read(FINAL), read_at=None).first_token_seconds is None


def test_tokens_are_the_records_with_output_until_the_upstream_has_counted() -> None:
    assert story().tokens == 0
    assert story(meter=read(THINKING, THINKING)).tokens == 2
    assert story(meter=read(THINKING, FINAL)).tokens == 11


def passage(has_leg: bool = True) -> Passage:
    return Passage(b"token", has_leg, b"localhost", {}, lambda: None)


def test_behind_the_gateway_ollama_has_a_request_when_an_attempt_was_sent() -> None:
    told = story(sent_at=2.0, passage=passage())
    assert told.upstream_sent_at is None
    assert told.passage is not None
    told.passage.upstream_sent_at = 3.0
    assert told.upstream_sent_at == 3.0


@pytest.mark.parametrize("through", [None, passage(has_leg=False)])
def test_where_nothing_is_known_of_attempts_the_request_s_own_instant_stands(
    through: Passage | None,
) -> None:
    assert story(sent_at=2.0, passage=through).upstream_sent_at == 2.0
    assert story(sent_at=None, passage=through).upstream_sent_at is None


@pytest.mark.parametrize(
    ("facts", "ending", "outcome", "status"),
    [
        ({}, Ending.COMPLETE, Outcome.OK, 200),
        ({"upstream_status": 500, "is_gateways_own": True}, Ending.COMPLETE, Outcome.GATEWAY, 500),
        ({"upstream_status": None}, Ending.UNREACHABLE, Outcome.GATEWAY_DOWN, 502),
        ({"upstream_status": None}, Ending.GATEWAY_HANGS, Outcome.GATEWAY_TIMEOUT, 504),
        ({}, Ending.GATEWAY_HANGS, Outcome.GATEWAY_TIMEOUT, 200),
        ({}, Ending.BROKE_OFF, Outcome.GATEWAY_BROKE_OFF, 200),
        ({"meter": read(FINAL)}, Ending.CLIENT_GONE, Outcome.OK, 200),
        ({"meter": read(THINKING)}, Ending.CLIENT_GONE, Outcome.CLIENT_GONE, 499),
    ],
)
def test_the_end_of_a_request_behind_the_gateway_is_judged_with_it(
    facts: dict[str, object], ending: Ending, outcome: Outcome, status: int
) -> None:
    told = story(passage=passage(), **facts)
    told.end(5.0, ending)
    assert (told.outcome, told.status) == (outcome, status)


@pytest.mark.parametrize(
    ("facts", "queued", "whole"),
    [
        ({}, None, 0.0),
        ({"queued_at": 1.0, "turn_at": 1.0}, 0.0, 0.0),
        ({"queued_at": 1.0, "turn_at": 3.5}, 2.5, 2.5),
        ({"queued_at": 1.0, "turn_at": None}, 4.0, 0.0),
        # the rest of a long body came while the beginning waited
        ({"queued_at": 1.0, "turn_at": 3.5, "read_at": 3.0}, 2.5, 0.5),
        ({"queued_at": 1.0, "turn_at": 3.5, "read_at": 4.0}, 2.5, 0.0),
    ],
)
def test_a_wait_in_the_queue_is_told_until_the_turn_or_the_end(
    facts: dict[str, float | None], queued: float | None, whole: float
) -> None:
    told = story(**facts)
    told.end(5.0, Ending.COMPLETE)
    assert (told.queued_seconds, told.whole_queued_seconds) == (queued, whole)


def test_of_a_request_that_still_waits_nobody_knows_how_long_it_will_have() -> None:
    assert story(queued_at=1.0).queued_seconds is None
