"""What a metric is, before anything is measured: the entries of the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

OTHER = "other"
"""A label's value for what is unknown, unproven, or beyond a bound."""
NONE = "none"
"""A model label's value where there is no model: of routes that name none, of nobody's energy."""
UNNAMED = frozenset({OTHER, NONE})


class Kind(StrEnum):
    """The Prometheus type of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One metric: its name as scraped, and what the number means.

    Compared by identity: an entry is the key by which its object is found.

    `clock` says from which event to which a duration runs; empty where nothing is timed.
    `exemplars` says that a bucket keeps the trace of its latest observation.
    `over_workers` says what several processes' values of a gauge are together.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    buckets: tuple[float, ...] = ()
    clock: str = ""
    exemplars: bool = False
    over_workers: Literal["sum", "max"] = "sum"


def metrics_in(namespace: Mapping[str, object]) -> tuple[Metric, ...]:
    """The metrics among a module's names, in the order in which they are written there."""
    return tuple(value for value in namespace.values() if isinstance(value, Metric))
