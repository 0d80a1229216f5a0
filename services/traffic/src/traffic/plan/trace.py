"""A recording of requests, one JSON object a line, to when they came and how large they were.

Three kinds of line are read:

- ours: `at_seconds`, or `timestamp` as a date of ISO 8601, with `prompt_tokens` and
  `generated_tokens`;
- as Mooncake's traces have it, and AIPerf after them: `timestamp` in milliseconds, with
  `input_length` and `output_length`;
- the proxy's log: `timestamp` is when a request ended, `duration_seconds` how long it took. Its
  other lines, and requests that brought no tokens, are passed over.

A line may name a `model`. Whatever else it holds is not read; prompts are in none of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator

from ollama_observe.metrics.metric import UNNAMED
from traffic.lines import plain
from traffic.plan.planned import PlanError

MOST_TOKENS = 1_000_000
MOST_SECONDS = 366 * 86_400
"""Between the first request and the last: more is a mixture of clocks."""
PROXY_EVENT = "request_finished"
"""What a line of the proxy's log is about when it is about a request."""


class TraceError(PlanError):
    """A recording cannot be replayed; the message says which file, which line and why."""


@dataclass(frozen=True, slots=True)
class TracedRequest:
    """One request of a recording. Units: seconds after the first of it. None where unknown."""

    line: int
    at_seconds: float
    prompt_tokens: int | None
    generated_tokens: int | None
    model: str | None = None


class _Line(BaseModel):
    """The fields that are read of a line."""

    model_config = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False)

    at_seconds: float | None = None
    timestamp: float | str | None = None
    prompt_tokens: int | None = Field(
        None,
        ge=0,
        le=MOST_TOKENS,
        validation_alias=AliasChoices("prompt_tokens", "input_length", "input_tokens"),
    )
    generated_tokens: int | None = Field(
        None,
        ge=0,
        le=MOST_TOKENS,
        validation_alias=AliasChoices("generated_tokens", "output_length", "output_tokens"),
    )
    model: str | None = None
    _is_plain = field_validator("model")(plain)
    event: str | None = None
    duration_seconds: float | None = Field(None, ge=0)
    time_to_first_token_seconds: float | None = None

    @property
    def begins_seconds(self) -> float:
        """When the request came, by whatever clock the line has. Raises: ValueError."""
        if self.at_seconds is not None:
            return self.at_seconds
        if isinstance(self.timestamp, float):
            return self.timestamp / 1000
        if self.timestamp is None:
            raise ValueError("expected at_seconds or timestamp, found neither")
        took = (self.duration_seconds or 0.0) if self.event == PROXY_EVENT else 0.0
        return _instant(self.timestamp) - took

    @property
    def is_request(self) -> bool:
        """Whether a model was asked for tokens. Of the proxy's log not every line is about that."""
        if self.event is None:
            return True
        has_answer = self.generated_tokens is not None or self.time_to_first_token_seconds
        return self.event == PROXY_EVENT and bool(has_answer)

    @property
    def has_size(self) -> bool:
        """Whether it says how large the request was, or the answer."""
        return self.prompt_tokens is not None or self.generated_tokens is not None


def read_trace(path: Path) -> tuple[TracedRequest, ...]:
    """The requests of a recording in the order in which they came. Raises: TraceError."""
    requests = list(_requests(path))
    if not requests:
        raise TraceError(f"{path}: expected requests to replay, found none")
    first = min(requests, key=lambda request: request.at_seconds)
    begin = first.at_seconds
    for request in requests:
        if request.at_seconds - begin > MOST_SECONDS:
            raise TraceError(
                f"{path}:{request.line}: expected an instant within {MOST_SECONDS // 86_400} days"
                f" of the first, which is in line {first.line}, found one by another clock"
            )
    return tuple(
        replace(request, at_seconds=request.at_seconds - begin)
        for request in sorted(requests, key=lambda request: request.at_seconds)
    )


def _requests(path: Path) -> Iterator[TracedRequest]:
    try:
        with path.open(encoding="utf-8") as lines:
            for number, text in enumerate(lines, start=1):
                if not text.strip():
                    continue
                try:
                    request = _read(number, text)
                except ValueError as error:
                    raise TraceError(f"{path}:{number}: {_said(error)}") from error
                if request is not None:
                    yield request
    except OSError as error:
        raise TraceError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TraceError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from error


def _read(number: int, text: str) -> TracedRequest | None:
    line = _Line.model_validate_json(text)
    if not line.is_request:
        return None
    if line.event is None and not line.has_size:
        raise ValueError(
            "expected prompt_tokens or generated_tokens (input_length, output_length),"
            " found neither"
        )
    named = line.model if line.model and line.model not in UNNAMED else None
    return TracedRequest(
        number, line.begins_seconds, line.prompt_tokens, line.generated_tokens, named
    )


def _instant(text: str) -> float:
    """Seconds of a date; one without a zone is taken for UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"timestamp: expected milliseconds or a date of ISO 8601, found {text[:40]!r}"
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _said(error: ValueError) -> str:
    """One sentence of a refusal, with no more of the line than the field that it is about."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return f"expected a JSON object, found {first['msg'].removeprefix('Invalid JSON: ')}"
    if not first["loc"]:
        return "expected a JSON object, found another value"
    said = first["msg"].removeprefix("Value error, ")
    return f"{first['loc'][0]}: {said}, found {str(first['input'])[:40]!r}"
