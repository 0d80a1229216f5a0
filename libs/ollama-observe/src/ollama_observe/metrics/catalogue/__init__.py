"""The metrics that we measure ourselves, as data. docs/METRICS.md is generated from it.

Names follow the Prometheus naming rules: one prefix per source, base units, `_total`
on counters. Histograms carry few labels, because each label value costs a series per
bucket; only `ollama_proxy_requests_total` carries them all.
"""

from ollama_observe.metrics.catalogue import (
    access,
    cache,
    configuration,
    dashboard,
    energy,
    exporter,
    genai,
    gpu,
    headroom,
    host,
    insight,
    location,
    ollama,
    portkey,
    proxy,
    queue,
    telemetry,
    traffic,
)
from ollama_observe.metrics.catalogue.labels import LABELS

PROXY = (
    *proxy.METRICS,
    *portkey.METRICS,
    *location.METRICS,
    *insight.METRICS,
    *cache.METRICS,
    *queue.METRICS,
    *access.METRICS,
    *telemetry.METRICS,
)
"""What the proxy publishes."""

GENAI = genai.METRICS
"""What the proxy counts as well where OpenTelemetry's names are sent; never at /metrics."""

EXPORTER = (
    *(*gpu.METRICS, *host.METRICS, *ollama.METRICS, *configuration.METRICS),
    *headroom.METRICS,
    *(*energy.METRICS, *exporter.METRICS),
)
"""What the GPU exporter publishes."""

TRAFFIC = traffic.METRICS
"""What the traffic worker publishes."""

DASHBOARD = dashboard.METRICS
"""What the dashboard publishes."""

ALL = (*PROXY, *EXPORTER, *TRAFFIC, *DASHBOARD)
"""In the order of the documents."""

PREFIXES = tuple(sorted({metric.name.partition("_")[0] + "_" for metric in ALL}))
"""What the names of our metrics begin with."""

__all__ = ["ALL", "DASHBOARD", "EXPORTER", "GENAI", "LABELS", "PREFIXES", "PROXY", "TRAFFIC"]
