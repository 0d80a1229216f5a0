"""How a request ended, in one closed set: the policy from error to status to label."""

from enum import StrEnum
from typing import assert_never

from ollama_observe.wire.endpoints import Dialect
from ollama_observe.wire.meter import StreamMeter


class Ending(StrEnum):
    """How the relay's part ended, before anybody looks at what was relayed."""

    COMPLETE = "complete"
    CLIENT_GONE = "client_gone"
    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect_timeout"
    BROKE_OFF = "broke_off"
    CUT_BY_SHUTDOWN = "cut_by_shutdown"
    UNSENDABLE = "unsendable"
    """The client's mistake: the request has no form in which it could be sent on."""
    FAILED = "failed"
    """A defect of our own."""


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
    BAD_REQUEST = "bad_request"
    INTERNAL = "internal"

    @property
    def is_error(self) -> bool:
        """Whether it counts as an error: a client that leaves does not."""
        return self not in (Outcome.OK, Outcome.CLIENT_GONE)


CLIENT_CLOSED_REQUEST = 499  # nginx's code, and Ollama's own, for a client that left


def own_status(ending: Ending) -> int:
    """The status that the proxy answers, or books, where the upstream's is not to be had."""
    match ending:
        case Ending.CLIENT_GONE:
            return CLIENT_CLOSED_REQUEST
        case Ending.UNREACHABLE | Ending.BROKE_OFF:
            return 502
        case Ending.CONNECT_TIMEOUT:
            return 504
        case Ending.CUT_BY_SHUTDOWN:
            return 503
        case Ending.UNSENDABLE:
            return 400
        case Ending.FAILED | Ending.COMPLETE:
            return 500
        case _:
            assert_never(ending)


def outcome_of(  # noqa: C901 (a case an ending)
    ending: Ending, status: int | None, meter: StreamMeter | None
) -> Outcome:
    """Judge a request: `status` is the upstream's, None when it sent none."""
    match ending:
        case Ending.COMPLETE:
            return _of_answer(status, meter)
        case Ending.CLIENT_GONE:
            return Outcome.CLIENT_GONE
        case Ending.UNSENDABLE:
            return Outcome.BAD_REQUEST
        case Ending.UNREACHABLE:
            return Outcome.CONNECT
        case Ending.CONNECT_TIMEOUT:
            return Outcome.TIMEOUT
        case Ending.BROKE_OFF:
            return Outcome.BROKE_OFF if status is None else Outcome.INCOMPLETE_STREAM
        case Ending.CUT_BY_SHUTDOWN:
            return Outcome.SHUTDOWN
        case Ending.FAILED:
            return Outcome.INTERNAL
        case _:
            assert_never(ending)


def _of_answer(status: int | None, meter: StreamMeter | None) -> Outcome:
    if status is None or status >= 500:
        return Outcome.QUEUE_FULL if status == 503 else Outcome.UPSTREAM_5XX
    if status >= 400:
        return Outcome.UPSTREAM_4XX
    if meter is not None and meter.saw_error:
        return Outcome.MID_STREAM
    # What was too long to be kept may have held the end marker.
    if meter is not None and not meter.is_ended and not meter.problems["too_long"]:
        return Outcome.INCOMPLETE_STREAM
    return Outcome.OK


def error_body(dialect: Dialect, message: str) -> dict[str, object]:
    """The proxy's own error, in the shape that the route's clients understand."""
    match dialect:
        case Dialect.NATIVE:
            return {"error": message}
        case Dialect.OPENAI:
            error = {"message": message, "type": "api_error", "param": None, "code": None}
            return {"error": error}
        case Dialect.ANTHROPIC:
            return {"type": "error", "error": {"type": "api_error", "message": message}}
        case _:
            assert_never(dialect)
