"""One request as a line of the results: all instants, no prompt, no answer. Pure.

A record and the attempt it was made of have the same figures, to the microsecond.
"""

import csv
import io
from array import array
from collections.abc import Iterable
from typing import Any

import msgspec

from ollama_observe.wire.usage import Usage
from traffic.choices import RequestRoute
from traffic.request.attempt import Attempt, Failure
from traffic.request.caching import CacheStatus
from traffic.results.measures import MEASURES

DIGITS = 6
"""Instants are kept to the microsecond."""

_INSTANTS = (
    "scheduled",
    "sent",
    "headers",
    "first_byte",
    "first_content",
    "first_output",
    "last_content",
    "end",
)
_AS_THEY_ARE = (
    "question_id",
    "index",
    "category",
    "turn",
    "route",
    "has_portkey_sign",
    "cache_status",
    "answer_age_seconds",
    "status",
    "model",
    "chunks",
    "is_warm_up",
    "is_cold",
    "is_cancelled",
    "cancel_after_chunks",
    "is_valid",
    "usage",
    "done_reason",
    "failure",
)


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request. Instants are seconds after the run's start; absent where it did not come to it.

    What is false, empty or None is left out of the JSON.
    """

    question_id: str
    category: str
    turn: int
    index: int = 0
    model: str = ""
    route: RequestRoute = "default"
    has_portkey_sign: bool = False
    cache_status: CacheStatus | None = None
    answer_age_seconds: int | None = None
    scheduled_seconds: float
    sent_seconds: float
    headers_seconds: float | None = None
    first_byte_seconds: float | None = None
    first_content_seconds: float | None = None
    first_output_seconds: float | None = None
    last_content_seconds: float | None = None
    end_seconds: float | None = None
    chunks: int = 0
    gaps_seconds: tuple[float, ...] = ()
    is_warm_up: bool = False
    is_cold: bool = False
    is_cancelled: bool = False
    cancel_after_chunks: int | None = None
    is_valid: bool | None = None
    status: int | None = None
    usage: Usage | None = None
    done_reason: str | None = None
    failure: Failure | None = None


def record_of(attempt: Attempt, started: float) -> Record:
    """The record of an attempt whose clock showed `started` when the run began."""
    instants: dict[str, Any] = {
        f"{name}_seconds": None if (at := getattr(attempt, name)) is None else _round(at - started)
        for name in _INSTANTS
    }
    return Record(
        **{name: getattr(attempt, name) for name in _AS_THEY_ARE},
        **instants,
        gaps_seconds=tuple(map(_round, attempt.gaps_seconds)),
    )


def attempt_of(record: Record) -> Attempt:
    """The attempt of a record, on a clock that showed 0 when the run began."""
    return Attempt(
        **{name: getattr(record, name) for name in _AS_THEY_ARE},
        **{name: getattr(record, f"{name}_seconds") for name in _INSTANTS},
        gaps_seconds=array("d", record.gaps_seconds),
    )


def _round(seconds: float) -> float:
    return round(seconds, DIGITS)


_ONE_VALUE = [measure for measure in MEASURES if measure.name != "gap_seconds"]
COLUMNS = (
    *(
        "index",
        "question_id",
        "category",
        "turn",
        "model",
        "way",
        "outcome",
        "status",
        "done_reason",
        "cache_status",
        "answer_age_seconds",
    ),
    *("is_warm_up", "is_cold", "is_valid", "prompt_tokens", "generated_tokens", "chunks"),
    *(f"{name}_seconds" for name in _INSTANTS),
    *(measure.name for measure in _ONE_VALUE),
)
"""Of the CSV: one line a request, what is absent is empty."""


def csv_of(records: Iterable[Record]) -> str:
    """All records as CSV, with a line of names."""
    text = io.StringIO()
    lines = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    lines.writeheader()
    lines.writerows(_line(record) for record in records)
    return text.getvalue()


def _line(record: Record) -> dict[str, object]:
    attempt = attempt_of(record)
    usage = record.usage or Usage()
    derived = {measure.name: next(iter(measure.values(attempt))) for measure in _ONE_VALUE}
    return {
        **{name: getattr(record, name) for name in COLUMNS if name in record.__struct_fields__},
        **{
            name: value if value is None else round(value, DIGITS)
            for name, value in derived.items()
        },
        "way": attempt.way,
        "outcome": "cancelled" if attempt.is_cancelled else attempt.error or "ok",
        "prompt_tokens": usage.prompt_tokens,
        "generated_tokens": usage.generated_tokens,
    }
