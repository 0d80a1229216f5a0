"""How a request ended, in one closed set: the policy from error to status to label."""

from enum import StrEnum
from http import HTTPStatus
from typing import Protocol, assert_never

from ollama_observe.wire.endpoints import Dialect
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.progress import ProgressMeter

Meter = StreamMeter | ProgressMeter


class Attempt(Protocol):
    """What became of the gateway's latest attempt, as it came back through the proxy."""

    has_leg: bool
    attempt_status: int | None
    attempt_ending: "Ending | None"


class Ending(StrEnum):
    """How the relay's part ended, before anybody looks at what was relayed."""

    COMPLETE = "complete"
    CLIENT_GONE = "client_gone"
    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect_timeout"
    BROKE_OFF = "broke_off"
    CUT_BY_SHUTDOWN = "cut_by_shutdown"
    HALF_CLOSED = "half_closed"
    """The answer came to its end, but the client had closed its sending side: an upstream that
    takes this for its leaving stops in mid-answer."""
    REFUSED_BUSY = "refused_busy"
    """More requests in flight than the proxy lets in."""
    REFUSED_HOST = "refused_host"
    """Host names none of the names that the proxy was told it has."""
    REFUSED_KEY = "refused_key"
    """It brings no API key, or one that is nobody's."""
    REFUSED_ACCESS = "refused_access"
    """Its key is not good for what it asks."""
    REFUSED_LIMIT = "refused_limit"
    """Its key has asked for as much as it may."""
    MALFORMED = "malformed"
    """What came is no request that could be read."""
    HEAD_TOO_LONG = "head_too_long"
    TIMED_OUT = "timed_out"
    """The request did not come whole in time."""
    UNSENDABLE = "unsendable"
    """The client's mistake: the request has no form in which it could be sent on."""
    FAILED = "failed"
    """A defect of our own."""
    GATEWAY_HANGS = "gateway_hangs"
    """The gateway kept the request, or a piece of its answer, for too long."""
    QUEUE_FULL = "queue_full"
    """No room in the proxy's own queue."""
    QUEUE_DISPLACED = "queue_displaced"
    """It waited there, and gave its place to one of whose client's or class's fewer did."""
    QUEUE_TIMEOUT = "queue_timeout"
    """It waited there for as long as a request may."""


WHOLE = (Ending.COMPLETE, Ending.HALF_CLOSED)
"""Of an answer that came to its end."""


class Outcome(StrEnum):
    """How the request ended, as metrics and logs say it. The value is the label's."""

    OK = "ok"
    CLIENT_GONE = "client_gone"
    CONNECT = "connect"
    TIMEOUT = "timeout"
    BROKE_OFF = "broke_off"
    UPSTREAM_4XX = "upstream_4xx"
    UPSTREAM_5XX = "upstream_5xx"
    QUEUE_FULL = "queue_full"
    MID_STREAM = "mid_stream"
    INCOMPLETE_STREAM = "incomplete_stream"
    SHUTDOWN = "shutdown"
    PROXY_QUEUE_FULL = "proxy_queue_full"
    BAD_REQUEST = "bad_request"
    KEY_REFUSED = "key_refused"
    """No API key, one that is not good for it, or one that has asked for enough."""
    INTERNAL = "internal"
    GATEWAY = "gateway"
    """The Portkey gateway answered with a failure of its own."""
    GATEWAY_DOWN = "gateway_down"
    """There was no connection to it, and nothing else was allowed."""
    GATEWAY_BROKE_OFF = "gateway_broke_off"
    """It went away before its answer was whole."""
    GATEWAY_TIMEOUT = "gateway_timeout"
    """It hung."""

    @property
    def is_error(self) -> bool:
        """Whether it counts as an error: a client that leaves does not."""
        return self not in (Outcome.OK, Outcome.CLIENT_GONE)


CLIENT_CLOSED_REQUEST = 499  # nginx's code, and Ollama's own, for a client that left


_OWN_STATUS = {
    Ending.CLIENT_GONE: CLIENT_CLOSED_REQUEST,
    Ending.UNREACHABLE: 502,
    Ending.BROKE_OFF: 502,
    Ending.CONNECT_TIMEOUT: 504,
    Ending.CUT_BY_SHUTDOWN: 503,
    Ending.REFUSED_BUSY: 503,
    Ending.REFUSED_HOST: 403,
    Ending.REFUSED_KEY: 401,
    Ending.REFUSED_ACCESS: 403,
    Ending.REFUSED_LIMIT: 429,
    Ending.HEAD_TOO_LONG: 431,
    Ending.TIMED_OUT: 408,
    Ending.MALFORMED: 400,
    Ending.UNSENDABLE: 400,
    Ending.GATEWAY_HANGS: 504,
    Ending.QUEUE_FULL: 503,
    Ending.QUEUE_DISPLACED: 503,
    Ending.QUEUE_TIMEOUT: 503,
}

_OUTCOMES = {
    Ending.CLIENT_GONE: Outcome.CLIENT_GONE,
    Ending.UNREACHABLE: Outcome.CONNECT,
    Ending.CONNECT_TIMEOUT: Outcome.TIMEOUT,
    Ending.CUT_BY_SHUTDOWN: Outcome.SHUTDOWN,
    Ending.REFUSED_BUSY: Outcome.PROXY_QUEUE_FULL,
    Ending.REFUSED_HOST: Outcome.BAD_REQUEST,
    Ending.REFUSED_KEY: Outcome.KEY_REFUSED,
    Ending.REFUSED_ACCESS: Outcome.KEY_REFUSED,
    Ending.REFUSED_LIMIT: Outcome.KEY_REFUSED,
    Ending.HEAD_TOO_LONG: Outcome.BAD_REQUEST,
    Ending.TIMED_OUT: Outcome.BAD_REQUEST,
    Ending.MALFORMED: Outcome.BAD_REQUEST,
    Ending.UNSENDABLE: Outcome.BAD_REQUEST,
    Ending.FAILED: Outcome.INTERNAL,
    Ending.GATEWAY_HANGS: Outcome.GATEWAY_TIMEOUT,
    Ending.QUEUE_FULL: Outcome.PROXY_QUEUE_FULL,
    Ending.QUEUE_DISPLACED: Outcome.PROXY_QUEUE_FULL,
    Ending.QUEUE_TIMEOUT: Outcome.PROXY_QUEUE_FULL,
}

# What a connection's fate means where it is the gateway's: of one between it and Ollama it tells
# by an answer of its own, or not at all.
_OF_GATEWAY = {
    Outcome.CONNECT: Outcome.GATEWAY_DOWN,
    Outcome.TIMEOUT: Outcome.GATEWAY_DOWN,
    Outcome.BROKE_OFF: Outcome.GATEWAY_BROKE_OFF,
}
_OF_ATTEMPT = {
    Ending.UNREACHABLE: Outcome.CONNECT,
    Ending.CONNECT_TIMEOUT: Outcome.TIMEOUT,
    Ending.BROKE_OFF: Outcome.BROKE_OFF,
}


def own_status(ending: Ending) -> int:
    """The status that the proxy answers, or books, where the upstream's is not to be had."""
    return _OWN_STATUS.get(ending, 500)


def reason_phrase(status: int) -> bytes:
    """The words behind a status of our own."""
    return HTTPStatus(status).phrase.encode() if status != CLIENT_CLOSED_REQUEST else b""


def outcome_of(ending: Ending, status: int | None, meter: Meter | None) -> Outcome:
    """Judge a request: `status` is the upstream's, None when it sent none."""
    if ending is Ending.COMPLETE:
        return _of_answer(status, meter)
    if ending is Ending.BROKE_OFF:
        return Outcome.BROKE_OFF if status is None else Outcome.INCOMPLETE_STREAM
    if ending is Ending.HALF_CLOSED:
        found = _of_answer(status, meter)
        cut = found is Outcome.INCOMPLETE_STREAM or status == CLIENT_CLOSED_REQUEST
        return Outcome.CLIENT_GONE if cut else found
    return _OUTCOMES[ending]


def _of_answer(status: int | None, meter: Meter | None) -> Outcome:
    if status is None or status >= 500:
        return Outcome.QUEUE_FULL if status == 503 else Outcome.UPSTREAM_5XX
    if status >= 400:
        return Outcome.UPSTREAM_4XX
    if meter is not None and meter.saw_error:
        return Outcome.MID_STREAM
    # What was too long to be kept may have held the end marker.
    if meter is not None and not meter.is_ended and not meter.too_long:
        return Outcome.INCOMPLETE_STREAM
    return Outcome.OK


def behind_gateway(
    outcome: Outcome, ending: Ending, status: int | None, attempt: Attempt, is_gateways_own: bool
) -> Outcome:
    """Judge anew what went through the gateway: whose fault it was.

    `outcome` is what it would be without a gateway; `attempt` is the latest that came back
    through the proxy, if any.
    """
    if ending is Ending.BROKE_OFF and status is not None:
        # it hands a break on; without a return leg nobody knows whose it was
        is_gateways = attempt.has_leg and attempt.attempt_ending is not Ending.BROKE_OFF
        return Outcome.GATEWAY_BROKE_OFF if is_gateways else Outcome.INCOMPLETE_STREAM
    if ending not in WHOLE:
        return _OF_GATEWAY.get(outcome, outcome)
    if outcome is Outcome.OK and attempt.attempt_ending is Ending.BROKE_OFF:
        return Outcome.INCOMPLETE_STREAM
    if outcome not in (Outcome.UPSTREAM_4XX, Outcome.UPSTREAM_5XX, Outcome.QUEUE_FULL):
        return outcome
    if attempt.attempt_ending is not None and attempt.attempt_status == status:
        return _OF_ATTEMPT.get(attempt.attempt_ending, outcome)
    is_own = is_gateways_own or attempt.attempt_ending is not None
    return Outcome.GATEWAY if is_own else outcome


_OPENAI_ERRORS = {
    Ending.REFUSED_KEY: ("invalid_request_error", "invalid_api_key"),
    Ending.REFUSED_ACCESS: ("invalid_request_error", "insufficient_permissions"),
    Ending.REFUSED_LIMIT: ("rate_limit_error", "rate_limit_exceeded"),
}
"""Type and code, where a client may act on them."""
_ANTHROPIC_ERRORS = {
    Ending.REFUSED_KEY: "authentication_error",
    Ending.REFUSED_ACCESS: "permission_error",
    Ending.REFUSED_LIMIT: "rate_limit_error",
}


def error_body(dialect: Dialect, message: str, ending: Ending = Ending.FAILED) -> dict[str, object]:
    """The proxy's own error, in the shape that the route's clients understand."""
    match dialect:
        case Dialect.NATIVE:
            return {"error": message}
        case Dialect.OPENAI:
            kind, code = _OPENAI_ERRORS.get(ending, ("api_error", None))
            return {"error": {"message": message, "type": kind, "param": None, "code": code}}
        case Dialect.ANTHROPIC:
            kind = _ANTHROPIC_ERRORS.get(ending, "api_error")
            return {"type": "error", "error": {"type": kind, "message": message}}
        case _:
            assert_never(dialect)
