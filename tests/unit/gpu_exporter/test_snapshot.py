"""The readings as text: what Prometheus reads from it is what was read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families

from gpu_exporter.reading import Reading
from gpu_exporter.snapshot import escaped, scrape
from ollama_observe.metrics.metric import Kind, Metric
from tests.exporters import COUNT, SIZE

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
TOLD = Metric("sample_told_info", Kind.GAUGE, 'A "quote", a \\ and a\nbreak.', ("one", "other"))

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def body(
    readings: list[Reading], accept: str = "", registry: CollectorRegistry | None = None
) -> str:
    return scrape(accept, registry or CollectorRegistry(), readings)[0].decode()


def parsed(text: str, is_openmetrics: bool) -> Series:
    families = openmetrics_families if is_openmetrics else text_string_to_metric_families
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families(text)
        for sample in family.samples
    }


values = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(codec="utf-8"), max_size=12)
scripts = st.lists(
    st.one_of(
        st.builds(Reading, st.just(SIZE), values),
        st.builds(Reading, st.just(COUNT), st.floats(0, 1e18), st.tuples(words)),
        st.builds(Reading, st.just(TOLD), values, st.tuples(words, words)),
    ),
    max_size=12,
    unique_by=lambda reading: (reading.metric.name, reading.labels),
)


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
@given(readings=scripts)
def test_what_is_read_from_the_text_is_what_was_written(
    accept: str, readings: list[Reading]
) -> None:
    expected = {
        (r.metric.name, tuple(sorted(zip(r.metric.labels, r.labels, strict=True)))): r.value
        for r in readings
    }
    assert parsed(body(readings, accept), bool(accept)) == expected


def test_text_names_each_metric_once_with_all_its_series() -> None:
    readings = [Reading(COUNT, 1, ("a",)), Reading(SIZE, 5), Reading(COUNT, 2.5, ("b",))]
    assert body(readings) == (
        "# HELP sample_things_total Things.\n"
        "# TYPE sample_things_total counter\n"
        'sample_things_total{kind="a"} 1.0\n'
        'sample_things_total{kind="b"} 2.5\n'
        "# HELP sample_size_bytes A size.\n"
        "# TYPE sample_size_bytes gauge\n"
        "sample_size_bytes 5.0\n"
    )


def test_openmetrics_names_a_counter_without_its_ending_and_has_an_end() -> None:
    registry = CollectorRegistry()
    Counter("other_things", "Others.", registry=registry)
    text = body([Reading(COUNT, 1, ("a",))], OPENMETRICS, registry)
    assert "# TYPE sample_things counter\nsample_things_total{" in text
    assert text.count("# EOF") == 1 and text.endswith("# EOF\n")
    assert ("other_things_total", ()) in parsed(text, is_openmetrics=True)


def test_the_format_is_the_one_that_was_asked_for() -> None:
    prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"
    for accept, expected in [("", "text/plain"), ("*/*", "text/plain"), (prometheus, "openm")]:
        assert expected in scrape(accept, CollectorRegistry(), [])[1]


def test_of_two_readings_of_one_series_the_first_counts() -> None:
    readings = [Reading(SIZE, 5), Reading(SIZE, 6)]
    assert parsed(body(readings), False) == {("sample_size_bytes", ()): 5}


def test_a_truth_is_a_number() -> None:
    assert "sample_size_bytes 1.0\n" in body([Reading(SIZE, True)])


def test_a_metric_without_readings_is_not_named() -> None:
    assert body([]) == ""


def test_what_would_end_a_label_is_escaped() -> None:
    assert escaped('a"b\\c\nd') == r"a\"b\\c\nd"
