"""The policy from ending, status and what was read, to one outcome."""

from dataclasses import dataclass

import pytest

from ollama_observe.wire.endpoints import Answer, Dialect
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from proxy.outcomes import (
    Ending,
    Outcome,
    behind_gateway,
    error_body,
    outcome_of,
    own_status,
    reason_phrase,
)


def meter(*lines: bytes) -> StreamMeter:
    read = StreamMeter(Answer.CHAT, Framing.NDJSON)
    for line in lines:
        read.feed(0.0, line + b"\n")
    read.finish(0.0)
    return read


@pytest.mark.parametrize(
    ("ending", "status", "read", "outcome"),
    [
        (Ending.COMPLETE, 200, None, Outcome.OK),
        (Ending.COMPLETE, 304, None, Outcome.OK),
        (Ending.COMPLETE, 404, None, Outcome.UPSTREAM_4XX),
        (Ending.COMPLETE, 500, None, Outcome.UPSTREAM_5XX),
        (Ending.COMPLETE, 503, None, Outcome.QUEUE_FULL),
        (Ending.COMPLETE, None, None, Outcome.UPSTREAM_5XX),
        (Ending.COMPLETE, 200, meter(b'{"done":true}'), Outcome.OK),
        (Ending.COMPLETE, 200, meter(b'{"response":"x"}'), Outcome.INCOMPLETE_STREAM),
        (Ending.COMPLETE, 200, meter(b'{"error":"x"}'), Outcome.MID_STREAM),
        (Ending.COMPLETE, 200, meter(b"no record and no end"), Outcome.INCOMPLETE_STREAM),
        (Ending.COMPLETE, 200, meter(b"x" * (17 << 20)), Outcome.OK),
        (Ending.UNSENDABLE, None, None, Outcome.BAD_REQUEST),
        (Ending.CLIENT_GONE, 200, None, Outcome.CLIENT_GONE),
        (Ending.CLIENT_GONE, None, None, Outcome.CLIENT_GONE),
        (Ending.UNREACHABLE, None, None, Outcome.CONNECT),
        (Ending.CONNECT_TIMEOUT, None, None, Outcome.TIMEOUT),
        (Ending.BROKE_OFF, None, None, Outcome.BROKE_OFF),
        (Ending.BROKE_OFF, 200, None, Outcome.INCOMPLETE_STREAM),
        (Ending.CUT_BY_SHUTDOWN, 200, None, Outcome.SHUTDOWN),
        (Ending.FAILED, 200, None, Outcome.INTERNAL),
        (Ending.HALF_CLOSED, 200, None, Outcome.OK),
        (Ending.HALF_CLOSED, 200, meter(b'{"done":true}'), Outcome.OK),
        (Ending.HALF_CLOSED, 200, meter(b'{"response":"x"}'), Outcome.CLIENT_GONE),
        (Ending.HALF_CLOSED, 499, None, Outcome.CLIENT_GONE),
        (Ending.HALF_CLOSED, 404, None, Outcome.UPSTREAM_4XX),
        (Ending.REFUSED_BUSY, None, None, Outcome.PROXY_QUEUE_FULL),
        (Ending.QUEUE_FULL, None, None, Outcome.PROXY_QUEUE_FULL),
        (Ending.QUEUE_DISPLACED, None, None, Outcome.PROXY_QUEUE_FULL),
        (Ending.QUEUE_TIMEOUT, None, None, Outcome.PROXY_QUEUE_FULL),
        (Ending.REFUSED_HOST, None, None, Outcome.BAD_REQUEST),
        (Ending.REFUSED_KEY, None, None, Outcome.KEY_REFUSED),
        (Ending.REFUSED_ACCESS, None, None, Outcome.KEY_REFUSED),
        (Ending.REFUSED_LIMIT, None, None, Outcome.KEY_REFUSED),
        (Ending.HEAD_TOO_LONG, None, None, Outcome.BAD_REQUEST),
        (Ending.TIMED_OUT, None, None, Outcome.BAD_REQUEST),
        (Ending.MALFORMED, None, None, Outcome.BAD_REQUEST),
        (Ending.GATEWAY_HANGS, None, None, Outcome.GATEWAY_TIMEOUT),
        (Ending.GATEWAY_HANGS, 200, None, Outcome.GATEWAY_TIMEOUT),
    ],
)
def test_an_outcome_is_judged(
    ending: Ending, status: int | None, read: StreamMeter | None, outcome: Outcome
) -> None:
    assert outcome_of(ending, status, read) is outcome


@dataclass
class Attempt:
    """What became of the gateway's latest attempt."""

    attempt_ending: Ending | None = None
    attempt_status: int | None = None
    has_leg: bool = True


NONE = Attempt()
NO_LEG = Attempt(has_leg=False)


@pytest.mark.parametrize(
    ("ending", "status", "attempt", "is_own", "outcome"),
    [
        # answers
        (Ending.COMPLETE, 200, Attempt(Ending.COMPLETE, 200), False, Outcome.OK),
        (Ending.COMPLETE, 200, NO_LEG, False, Outcome.OK),
        (Ending.COMPLETE, 200, Attempt(Ending.BROKE_OFF, 200), False, Outcome.INCOMPLETE_STREAM),
        (Ending.COMPLETE, 404, Attempt(Ending.COMPLETE, 404), False, Outcome.UPSTREAM_4XX),
        (Ending.COMPLETE, 404, Attempt(Ending.COMPLETE, 404), True, Outcome.UPSTREAM_4XX),
        (Ending.COMPLETE, 404, NO_LEG, False, Outcome.UPSTREAM_4XX),
        (Ending.COMPLETE, 404, NO_LEG, True, Outcome.GATEWAY),
        (Ending.COMPLETE, 500, NONE, False, Outcome.UPSTREAM_5XX),
        (Ending.COMPLETE, 500, NONE, True, Outcome.GATEWAY),
        (Ending.COMPLETE, 503, Attempt(Ending.COMPLETE, 503), False, Outcome.QUEUE_FULL),
        (Ending.COMPLETE, 503, NO_LEG, True, Outcome.GATEWAY),
        # an answer that is none of the attempt's
        (Ending.COMPLETE, 500, Attempt(Ending.COMPLETE, 200), False, Outcome.GATEWAY),
        (Ending.COMPLETE, 408, Attempt(Ending.CLIENT_GONE, 499), True, Outcome.GATEWAY),
        (Ending.COMPLETE, 500, Attempt(Ending.UNREACHABLE, 502), False, Outcome.GATEWAY),
        # what the return leg answered for an Ollama that gave no answer
        (Ending.COMPLETE, 502, Attempt(Ending.UNREACHABLE, 502), False, Outcome.CONNECT),
        (Ending.COMPLETE, 504, Attempt(Ending.CONNECT_TIMEOUT, 504), False, Outcome.TIMEOUT),
        (Ending.COMPLETE, 502, Attempt(Ending.BROKE_OFF, 502), False, Outcome.BROKE_OFF),
        (Ending.COMPLETE, 503, Attempt(Ending.CUT_BY_SHUTDOWN, 503), False, Outcome.QUEUE_FULL),
        # the connection to the gateway
        (Ending.UNREACHABLE, None, NONE, False, Outcome.GATEWAY_DOWN),
        (Ending.CONNECT_TIMEOUT, None, NONE, False, Outcome.GATEWAY_DOWN),
        (Ending.BROKE_OFF, None, Attempt(Ending.COMPLETE, 200), False, Outcome.GATEWAY_BROKE_OFF),
        (Ending.BROKE_OFF, 200, NONE, False, Outcome.GATEWAY_BROKE_OFF),
        (Ending.BROKE_OFF, 200, Attempt(Ending.BROKE_OFF, 200), False, Outcome.INCOMPLETE_STREAM),
        (Ending.BROKE_OFF, 200, NO_LEG, False, Outcome.INCOMPLETE_STREAM),
        (Ending.GATEWAY_HANGS, None, NONE, False, Outcome.GATEWAY_TIMEOUT),
        (Ending.GATEWAY_HANGS, 200, NO_LEG, False, Outcome.GATEWAY_TIMEOUT),
        # what has nothing to do with it
        (Ending.CLIENT_GONE, 200, Attempt(Ending.CLIENT_GONE, 499), False, Outcome.CLIENT_GONE),
        (Ending.CUT_BY_SHUTDOWN, None, NONE, False, Outcome.SHUTDOWN),
        (Ending.REFUSED_BUSY, None, NONE, False, Outcome.PROXY_QUEUE_FULL),
        (Ending.UNSENDABLE, None, NONE, False, Outcome.BAD_REQUEST),
        (Ending.FAILED, None, NONE, False, Outcome.INTERNAL),
        (Ending.HALF_CLOSED, 200, Attempt(Ending.COMPLETE, 200), False, Outcome.OK),
        (Ending.HALF_CLOSED, 500, NONE, True, Outcome.GATEWAY),
        (Ending.HALF_CLOSED, 200, Attempt(Ending.BROKE_OFF, 200), False, Outcome.INCOMPLETE_STREAM),
    ],
)
def test_behind_the_gateway_it_is_judged_whose_fault_it_was(
    ending: Ending, status: int | None, attempt: Attempt, is_own: bool, outcome: Outcome
) -> None:
    before = outcome_of(ending, status, None)
    assert behind_gateway(before, ending, status, attempt, is_own) is outcome


@pytest.mark.parametrize("attempt", [NONE, NO_LEG, Attempt(Ending.COMPLETE, 200)])
def test_what_was_read_in_an_answer_is_ollama_s_whoever_carried_it(attempt: Attempt) -> None:
    for read in (meter(b'{"error":"x"}'), meter(b'{"response":"x"}')):
        before = outcome_of(Ending.COMPLETE, 200, read)
        assert behind_gateway(before, Ending.COMPLETE, 200, attempt, False) is before


def test_without_a_connection_nothing_is_ollama_s_fault() -> None:
    for ending in (Ending.UNREACHABLE, Ending.CONNECT_TIMEOUT, Ending.BROKE_OFF):
        found = behind_gateway(outcome_of(ending, None, None), ending, None, NONE, False)
        assert found in (Outcome.GATEWAY_DOWN, Outcome.GATEWAY_BROKE_OFF)


def test_a_client_that_leaves_is_no_error() -> None:
    assert {outcome for outcome in Outcome if not outcome.is_error} == {
        Outcome.OK,
        Outcome.CLIENT_GONE,
    }


def test_every_ending_has_a_status() -> None:
    assert {ending: own_status(ending) for ending in Ending} == {
        Ending.COMPLETE: 500,
        Ending.CLIENT_GONE: 499,
        Ending.UNREACHABLE: 502,
        Ending.CONNECT_TIMEOUT: 504,
        Ending.BROKE_OFF: 502,
        Ending.CUT_BY_SHUTDOWN: 503,
        Ending.UNSENDABLE: 400,
        Ending.FAILED: 500,
        Ending.HALF_CLOSED: 500,
        Ending.REFUSED_BUSY: 503,
        Ending.REFUSED_HOST: 403,
        Ending.REFUSED_KEY: 401,
        Ending.REFUSED_ACCESS: 403,
        Ending.REFUSED_LIMIT: 429,
        Ending.HEAD_TOO_LONG: 431,
        Ending.TIMED_OUT: 408,
        Ending.MALFORMED: 400,
        Ending.GATEWAY_HANGS: 504,
        Ending.QUEUE_FULL: 503,
        Ending.QUEUE_DISPLACED: 503,
        Ending.QUEUE_TIMEOUT: 503,
    }


def test_every_ending_of_ours_is_judged() -> None:
    for ending in Ending:
        assert outcome_of(ending, None, None) in Outcome
        assert reason_phrase(own_status(ending)) or ending is Ending.CLIENT_GONE


def test_an_error_has_the_shape_of_its_dialect() -> None:
    assert error_body(Dialect.NATIVE, "x") == {"error": "x"}
    assert error_body(Dialect.OPENAI, "x") == {
        "error": {"message": "x", "type": "api_error", "param": None, "code": None}
    }
    assert error_body(Dialect.ANTHROPIC, "x") == {
        "type": "error",
        "error": {"type": "api_error", "message": "x"},
    }


@pytest.mark.parametrize(
    ("ending", "openai", "anthropic"),
    [
        (
            Ending.REFUSED_KEY,
            ("invalid_request_error", "invalid_api_key"),
            "authentication_error",
        ),
        (
            Ending.REFUSED_ACCESS,
            ("invalid_request_error", "insufficient_permissions"),
            "permission_error",
        ),
        (Ending.REFUSED_LIMIT, ("rate_limit_error", "rate_limit_exceeded"), "rate_limit_error"),
        (Ending.UNREACHABLE, ("api_error", None), "api_error"),
    ],
)
def test_what_a_client_may_act_on_is_told_in_the_words_of_its_dialect(
    ending: Ending, openai: tuple[str, str | None], anthropic: str
) -> None:
    assert error_body(Dialect.NATIVE, "x", ending) == {"error": "x"}
    kind, code = openai
    assert error_body(Dialect.OPENAI, "x", ending) == {
        "error": {"message": "x", "type": kind, "param": None, "code": code}
    }
    assert error_body(Dialect.ANTHROPIC, "x", ending)["error"] == {
        "type": anthropic,
        "message": "x",
    }
