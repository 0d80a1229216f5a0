"""One value that was read, and whose it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ollama_observe.metrics.metric import Metric


@dataclass(frozen=True, slots=True)
class Reading:
    """A value of a series. `labels` are values in the order of the metric's labels."""

    metric: Metric
    value: float
    labels: tuple[str, ...] = ()


def one(metric: Metric, value: float | None, *labels: str) -> Iterator[Reading]:
    """The reading of a value, or none where it could not be read: absent is not zero."""
    if value is not None:
        yield Reading(metric, float(value), labels)


def each(metric: Metric, values: Mapping[str, float], *labels: str) -> Iterator[Reading]:
    """A reading for each value; its key is the last label."""
    for key, value in values.items():
        yield Reading(metric, float(value), (*labels, key))
