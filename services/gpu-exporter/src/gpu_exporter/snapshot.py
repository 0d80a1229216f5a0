"""The latest readings of all collectors, as text for Prometheus.

Nothing is read here: a scrape takes what there is, whatever the collectors are doing.

Written by ourselves, and not through prometheus_client's families, which take several times as
long: most of a line, its name and labels, is the same at every scrape, and made once.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from gpu_exporter.reading import Reading
from ollama_observe.metrics.metric import Kind, Metric

_LINES_REMEMBERED = 20_000
_END = b"# EOF\n"

Series = dict[tuple[str, ...], float]


def scrape(
    accept: str, registry: CollectorRegistry, readings: Iterable[Reading]
) -> tuple[bytes, str]:
    """All that a registry has, and the readings, in the format that `accept` asks for.

    Returns the body and its content type.
    """
    encode, content_type = choose_encoder(accept)
    is_openmetrics = content_type.startswith("application/openmetrics-text")
    lines = "".join(_lines(readings, is_openmetrics)).encode()
    body = encode(registry)
    if is_openmetrics:
        return body.removesuffix(_END) + lines + _END, content_type
    return body + lines, content_type


def _lines(readings: Iterable[Reading], is_openmetrics: bool) -> Iterator[str]:
    for metric, series in _by_metric(readings).items():
        yield _head(metric, is_openmetrics)
        for labels, value in series.items():
            yield f"{_name(metric, labels)} {float(value)!r}\n"


def _by_metric(readings: Iterable[Reading]) -> dict[Metric, Series]:
    """In the order in which they come. Of two readings of one series the first counts: two lines
    of it would fail the whole scrape."""
    found: dict[Metric, Series] = {}
    for reading in readings:
        series = found.get(reading.metric)
        if series is None:
            series = found[reading.metric] = {}
        series.setdefault(reading.labels, reading.value)
    return found


@lru_cache(_LINES_REMEMBERED)
def _head(metric: Metric, is_openmetrics: bool) -> str:
    name, said = metric.name, metric.help.replace("\\", r"\\").replace("\n", r"\n")
    if is_openmetrics:
        said = said.replace('"', r"\"")
        if metric.kind is Kind.COUNTER:
            name = name.removesuffix("_total")
    return f"# HELP {name} {said}\n# TYPE {name} {metric.kind}\n"


@lru_cache(_LINES_REMEMBERED)
def _name(metric: Metric, labels: tuple[str, ...]) -> str:
    pairs = zip(metric.labels, map(escaped, labels), strict=True)
    inside = ",".join(f'{name}="{value}"' for name, value in pairs)
    return f"{metric.name}{{{inside}}}" if inside else metric.name


def escaped(value: str) -> str:
    """A label's value as it stands between quotes."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
