"""What the dashboard tells of itself is told apart from what it shows."""

from ollama_observe.metrics.catalogue import dashboard as m


def test_a_name_says_that_it_is_of_the_dashboard_and_tells_of_no_viewer() -> None:
    for metric in m.METRICS:
        assert metric.name.startswith("dashboard_")
        assert set(metric.labels) <= {"kind", "reason", "version", "python"}


def test_the_time_that_a_query_may_take_is_within_the_buckets() -> None:
    assert m.QUERY_DURATION.buckets[-1] >= 15
