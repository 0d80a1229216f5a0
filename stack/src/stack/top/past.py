"""What Prometheus knows of the minutes before: each proxy's counts at the instants at which it was
read, so that they are judged as our own readings are. Pure.

Sums are asked for on a grid of steps, where Prometheus repeats a last sample for five minutes. When
that was taken is told by the samples of a series that every page has; between two that are far
apart nothing is known.
"""

import json
import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from ollama_observe.metrics.catalogue import host
from ollama_observe.metrics.catalogue import proxy as m
from stack.top.history import KEPT_SECONDS, SLOT_SECONDS
from stack.top.proxy_page import MARK, TTFT
from stack.top.rates import Counts, Growth, edges, growth
from stack.top.reading import MOST

_FAR_APART_SECONDS = 75.0
"""The longest interval of scrapes that the stack takes is as long."""

NOW = "time()"
"""Its clock, which need not be ours."""

READ_AT = f"max by (instance) ({MARK})"
"""One for each proxy that it reads, at this instant."""

_IDLE = f'sum by (instance) (rate({host.CPU_SECONDS.name}{{mode=~"idle|iowait"}}[1m]))'
CPU = f"1 - {_IDLE} / sum by (instance) (rate({host.CPU_SECONDS.name}[1m]))"
"""How busy the machines' CPUs are."""

_COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "requests": (m.REQUESTS.name, ()),
    "generated_tokens": (m.GENERATED_TOKENS.name, ()),
    "errors": (m.ERRORS.name, ("error_type",)),
    "ttft": (TTFT, ("le",)),
}
"""The metric of each of the counts, and the labels that it is told by."""


@dataclass(frozen=True, slots=True)
class Series:
    """A series of an answer: its labels, and its values at instants of Unix time."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]


def path_of(expression: str, at: float | None = None) -> str:
    """Where an expression is asked for, as of an instant: Unix time by Prometheus's clock."""
    path = f"/api/v1/query?query={quote(expression)}"
    return path if at is None else f"{path}&time={at:.3f}"


def expressions(seconds: float) -> dict[str, str]:
    """What is asked of the last so many seconds."""
    span, step = f"{seconds:.0f}s", f"{SLOT_SECONDS:.0f}s"
    asked = {"read_at": f"{MARK}[{span}]"}
    for count, (metric, labels) in _COUNTERS.items():
        by = ", ".join(("instance", *labels))
        asked[count] = f"sum by ({by}) ({metric})[{span}:{step}]"
    return asked


def read_answer(body: bytes) -> list[Series]:
    """An answer's series, of which what is not finite is left out.

    Raises: ValueError for what is no answer of Prometheus's.
    """
    try:
        data = json.loads(body)["data"]
        kind, result = data["resultType"], data["result"]
        if kind == "scalar":
            return [Series({}, _points([result]))]
        points = "values" if kind == "matrix" else "value"
        return [_series(one, points) for one in result]
    except (LookupError, TypeError, AttributeError, ArithmeticError, ValueError) as error:
        raise ValueError("expected an answer of Prometheus's") from error


def instant_of(answer: Sequence[Series]) -> float:
    """Its clock, of the answer to `NOW`, as Unix time. Raises: ValueError where there is none."""
    instants = [at for series in answer for at, _ in series.points]
    if len(instants) != 1 or instants[0] <= 0:
        raise ValueError("expected the time of Prometheus's clock")
    return instants[0]


def growths(
    told: Mapping[str, Sequence[Series]], until: float
) -> list[tuple[str, float, float, Growth]]:
    """What each proxy did between two of its readings: who, from when to when, and what.

    `told` are the answers to `expressions`, by their names, all as of the instant `until`;
    what they tell of a time that was not asked for is left out.

    Raises: ValueError for a bucket without an edge.
    """
    begin = until - KEPT_SECONDS
    read_at: dict[str, set[float]] = defaultdict(set)
    for series in told["read_at"]:
        read_at[_instance(series)].update(at for at, _ in series.points if begin <= at <= until)
    return [
        (instance, before, after, growth(counts[before], counts[after], after - before))
        for instance, instants in read_at.items()
        if instants
        for counts in [_readings(sorted(instants), _of(instance, told), until)]
        for before, after in pairwise(counts)
        if after - before <= _FAR_APART_SECONDS
    ]


def _of(instance: str, told: Mapping[str, Sequence[Series]]) -> dict[str, list[Series]]:
    return {
        name: [series for series in told[name] if _instance(series) == instance]
        for name in _COUNTERS
    }


def _readings(
    read_at: Sequence[float], told: Mapping[str, Sequence[Series]], until: float
) -> dict[float, Counts]:
    """The counts at the instants at which a proxy was read, in order."""
    values = {
        name: [(series.labels, dict(series.points)) for series in found]
        for name, found in told.items()
    }
    first, last = math.ceil(read_at[0] / SLOT_SECONDS), math.floor(until / SLOT_SECONDS)
    found: dict[float, Counts] = {}
    for step in range(first, last + 1):
        at = step * SLOT_SECONDS
        read = read_at[bisect_right(read_at, at) - 1]
        found.setdefault(read, _counts(values, at))
    return found


def _counts(
    values: Mapping[str, Iterable[tuple[Mapping[str, str], Mapping[float, float]]]], at: float
) -> Counts:
    def total(name: str) -> float:
        return sum(points.get(at, 0.0) for _, points in values[name])

    def by(name: str, label: str) -> dict[str, float]:
        return {labels.get(label, ""): points.get(at, 0.0) for labels, points in values[name]}

    return Counts(
        requests=total("requests"),
        generated_tokens=total("generated_tokens"),
        errors=by("errors", "error_type"),
        ttft=edges(by("ttft", "le")),
    )


def _instance(series: Series) -> str:
    return series.labels.get("instance", "")


def _series(one: Mapping[str, Any], points: str) -> Series:
    found = one[points] if points == "values" else [one[points]]
    labels = {str(name): str(value) for name, value in one["metric"].items()}
    return Series(labels, _points(found))


def _points(pairs: Sequence[Any]) -> tuple[tuple[float, float], ...]:
    each = [(float(at), float(value)) for at, value in pairs]
    return tuple((at, value) for at, value in each if abs(at) < MOST and abs(value) < MOST)
