"""Every entry of the catalogue is an object, with the catalogue's labels."""

import pytest
from prometheus_client import CollectorRegistry

from ollama_observe.metrics import catalogue
from proxy.metrics import ProxyMetrics


def test_every_entry_of_the_catalogue_is_on_the_registry() -> None:
    registry = CollectorRegistry()
    ProxyMetrics(registry)
    registered = {family.name for family in registry.collect()}
    assert {metric.name.removesuffix("_total") for metric in catalogue.PROXY} == registered


def test_absent_is_not_observed() -> None:
    metrics = ProxyMetrics(CollectorRegistry())
    metrics.observe(catalogue.TTFT, None, "m", "direct")
    assert metrics.registry.get_sample_value(f"{catalogue.TTFT.name}_count") is None


def test_a_wrong_number_of_labels_is_refused() -> None:
    with pytest.raises(ValueError, match="label"):
        ProxyMetrics(CollectorRegistry()).add(catalogue.REQUESTS, 1, "GET")
