"""What a collector's answer means for what it was sent.

Source: OTLP 1.11, "OTLP/HTTP Response": only 429, 502, 503 and 504 are asked again, after
`Retry-After` where it says so; a 200 may hold that it took some of it alone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from proxy.headers import value_of
from proxy.heads import ResponseHead

_AGAIN = frozenset({429, 502, 503, 504})
_PROTOBUF = "application/x-protobuf"
LONGEST_WAIT_SECONDS = 300.0
"""What is believed of a Retry-After."""


class Result(StrEnum):
    """What became of one request. The value is the label's."""

    OK = "ok"
    PARTIAL = "partial"
    REFUSED = "refused"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"

    @property
    def may_be_repeated(self) -> bool:
        """Whether the same may be taken another time."""
        return self in (Result.BUSY, Result.UNREACHABLE, Result.TIMEOUT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one request.

    `rejected` items were not taken of those that were sent. `wait_seconds` is how long the
    collector wants to be left alone. `said` is a sentence for an operator, empty where all is well.
    """

    result: Result
    rejected: int = 0
    wait_seconds: float = 0.0
    said: str = ""

    def rejected_of(self, sent: int) -> int:
        """How many of those that were sent were not taken: not more, whatever it says."""
        return min(self.rejected, sent)


def judge(signal: str, head: ResponseHead, body: bytes, now: datetime | None = None) -> Verdict:
    """The verdict of an answer. `now` is the instant that a date in it is compared with."""
    if 200 <= head.status < 300:
        kind = value_of(head.headers, b"content-type").partition(";")[0].strip().lower()
        is_read = kind == _PROTOBUF
        rejected, message = _rejected(signal, body) if is_read else (0, "")
        if rejected or message:
            said = f"it rejected {rejected}: {_line(message) or 'it does not say why'}"
            return Verdict(Result.PARTIAL if rejected else Result.OK, rejected, 0.0, said)
        return Verdict(Result.OK)
    if head.status in _AGAIN:
        wait = _seconds_of(value_of(head.headers, b"retry-after"), now or datetime.now(UTC))
        return Verdict(Result.BUSY, 0, wait, f"it answered {head.status}")
    return Verdict(Result.REFUSED, 0, 0.0, f"it answered {head.status}")


def _rejected(signal: str, body: bytes) -> tuple[int, str]:
    try:
        if signal == "traces":
            spans = ExportTraceServiceResponse.FromString(body).partial_success
            return max(0, spans.rejected_spans), spans.error_message
        points = ExportMetricsServiceResponse.FromString(body).partial_success
        return max(0, points.rejected_data_points), points.error_message
    except DecodeError:
        return 0, ""


def _line(message: str) -> str:
    """What another wrote, as something that a log line can hold."""
    return "".join(letter if letter.isprintable() else " " for letter in message[:200]).strip()


def _seconds_of(retry_after: str, now: datetime) -> float:
    """Seconds, or the time until a date; 0 for what is neither."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after[:9]), LONGEST_WAIT_SECONDS)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), LONGEST_WAIT_SECONDS)
