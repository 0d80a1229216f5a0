"""A catalogue entry to a prometheus_client object on a given registry."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from ollama_observe.metrics.metric import Kind, Metric


def process_registry() -> CollectorRegistry:
    """A registry for one process: its own CPU, memory and file descriptors are in it.

    `_created` series are off for the whole process: they double the number of series,
    and Prometheus takes a counter's start from the scrape.
    """
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    """Build a counter. Raises ValueError when the entry is of another kind."""
    _expect(metric, Kind.COUNTER)
    return Counter(metric.name, metric.help, metric.labels, registry=registry)


def gauge(metric: Metric, registry: CollectorRegistry) -> Gauge:
    """Build a gauge. Raises ValueError when the entry is of another kind."""
    _expect(metric, Kind.GAUGE)
    return Gauge(metric.name, metric.help, metric.labels, registry=registry)


def histogram(metric: Metric, registry: CollectorRegistry) -> Histogram:
    """Build a histogram. Raises ValueError when the entry is of another kind."""
    _expect(metric, Kind.HISTOGRAM)
    return Histogram(
        metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=registry
    )


def _expect(metric: Metric, kind: Kind) -> None:
    if metric.kind is not kind:
        raise ValueError(f"{metric.name} is a {metric.kind} in the catalogue, not a {kind}")
