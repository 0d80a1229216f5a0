"""What is booked is in the metrics of the catalogue."""

from prometheus_client import CollectorRegistry

from dashboard.books import Books, Refused
from ollama_observe.metrics.catalogue import dashboard as m


def test_every_metric_of_the_catalogue_is_published_and_no_other() -> None:
    registry = CollectorRegistry()
    Books(registry)
    published = {metric.name for metric in registry.collect()}
    assert published == {metric.name.removesuffix("_total") for metric in m.METRICS}


def test_what_happens_is_booked() -> None:
    registry = CollectorRegistry()
    books = Books(registry)
    books.refused(Refused.PAGE)
    books.queried("range", 0.2)
    books.query_failed("timeout")
    books.follows(True)
    value = registry.get_sample_value
    assert value("dashboard_refused_viewers_total", {"reason": "page"}) == 1
    assert value("dashboard_refused_viewers_total", {"reason": "full"}) == 0
    assert value("dashboard_query_duration_seconds_count", {"kind": "range"}) == 1
    assert value("dashboard_query_errors_total", {"kind": "timeout"}) == 1
    assert value("dashboard_live_connected") == 1
