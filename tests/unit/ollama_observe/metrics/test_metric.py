"""The entries of the catalogue are as Prometheus wants metrics to be."""

import re

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.metric import Kind, Metric, metrics_in

UNITS = {"seconds", "bytes", "ratio", "joules", "watts", "celsius", "hertz", "tokens"}


def test_no_name_is_given_twice() -> None:
    assert len({metric.name for metric in catalogue.ALL}) == len(catalogue.ALL)


def test_all_that_is_published_is_in_the_catalogue_of_its_process() -> None:
    of_processes = (catalogue.PROXY, catalogue.EXPORTER, catalogue.TRAFFIC, catalogue.DASHBOARD)
    assert tuple(metric for metrics in of_processes for metric in metrics) == catalogue.ALL
    assert len(catalogue.EXPORTER) > 90


def test_two_entries_are_never_the_same_metric() -> None:
    entry = Metric("host_cpus", Kind.GAUGE, "Logical CPUs.")
    assert entry != Metric("host_cpus", Kind.GAUGE, "Logical CPUs.")
    assert len({entry, entry}) == 1


def test_a_name_is_in_small_letters_and_only_a_counter_is_a_total() -> None:
    for metric in catalogue.ALL:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)


def test_a_name_ends_with_its_unit() -> None:
    for metric in catalogue.ALL:
        last = metric.name.removesuffix("_total").rpartition("_")[2]
        if metric.unit in UNITS:
            assert last == metric.unit
        elif last in UNITS:
            assert "_per_" in metric.name, "the name has a unit, the entry has none"


def test_only_what_a_kind_can_have_is_said_of_it() -> None:
    for metric in catalogue.ALL:
        assert (metric.kind is Kind.HISTOGRAM) == bool(metric.buckets)
        assert metric.kind is Kind.HISTOGRAM or not metric.exemplars
        assert metric.kind is Kind.GAUGE or metric.over_workers == "sum"


def test_what_a_number_means_is_said_in_a_sentence() -> None:
    for metric in catalogue.ALL:
        assert metric.help[0].isupper() or metric.help[0].isdigit()
        assert metric.help.endswith(".")


def test_what_would_be_a_series_for_each_thing_in_the_world_is_no_label() -> None:
    for metric in catalogue.ALL:
        assert len(metric.labels) <= (9 if metric.name.endswith("_info") else 5)
        assert not {"pid", "path", "hostname", "id"} & set(metric.labels)


def test_of_a_module_s_names_those_of_metrics_are_taken_in_their_order() -> None:
    one, other = Metric("b", Kind.GAUGE, "B."), Metric("a", Kind.GAUGE, "A.")
    assert metrics_in({"__doc__": "Text.", "B": one, "_n": 1, "A": other}) == (one, other)
