"""Several ledgers, live and gone, as one set of metrics."""

import re
import shutil
import subprocess
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder, generate_latest
from prometheus_client.metrics_core import Metric as Parsed
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from ollama_observe.metrics.catalogue import genai as g
from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.metric import Kind
from tests.components import need
from tests.ledgers import observe

MODEL = ("smollm2:135m", "direct")
TRACE = "0af7651916cd43dd8448eb211c80319c"


def collector_of(*ledgers: Ledger, **limits: int) -> LedgerCollector:
    collector = LedgerCollector(m.METRICS, limits)
    for ledger in ledgers:
        collector.include(ledger.memory)
    return collector


def registry_of(collector: LedgerCollector) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(collector)
    return registry


def openmetrics(collector: LedgerCollector) -> str:
    encode, _ = choose_encoder("application/openmetrics-text; version=1.0.0")
    return encode(registry_of(collector)).decode()


def value(collector: LedgerCollector, name: str, **labels: str) -> float | None:
    return registry_of(collector).get_sample_value(name, labels)


def tokens(collector: LedgerCollector) -> dict[str, float]:
    """Generated tokens by model."""
    return {
        sample.labels["model"]: sample.value
        for family in collector.collect()
        for sample in family.samples
        if sample.name == m.GENERATED_TOKENS.name
    }


def a_bit_of_everything() -> Ledger:
    """A series of each metric that a ledger keeps, with label values that need escaping."""
    times = iter(1000.25 + n for n in range(100))
    ledger = Ledger(m.METRICS, wall_clock=lambda: next(times))
    for metric in set(m.METRICS) - {m.SERIES, m.DROPPED_VALUES}:
        labels = tuple(f'{label} "ü" \\ \n' for label in metric.labels)
        match metric.kind:
            case Kind.COUNTER:
                ledger.add(metric, 3, labels)
            case Kind.GAUGE:
                ledger.put(metric, 0.5, labels)
            case Kind.HISTOGRAM:
                observe(ledger, metric, metric.buckets[1], labels, TRACE)
                observe(ledger, metric, metric.buckets[-1] * 2, labels)
    return ledger


def samples(families: list[Parsed]) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 10**6)), max_size=8), max_size=5
    )
)
def test_counters_and_histograms_of_workers_add_up(workers: list[list[tuple[str, int]]]) -> None:
    ledgers = [Ledger(m.METRICS) for _ in workers]
    for ledger, counted in zip(ledgers, workers, strict=True):
        for model, amount in counted:
            ledger.add(m.GENERATED_TOKENS, amount, (model, "direct"))
            observe(ledger, m.REQUEST_TOKENS, amount, (model, "output", "direct"))
    collector = collector_of(*ledgers)
    counted = [pair for counted in workers for pair in counted]
    for model in {model for model, _ in counted}:
        amounts = [amount for name, amount in counted if name == model]
        labels = {"model": model, "routing": "direct"}
        assert value(collector, m.GENERATED_TOKENS.name, **labels) == sum(amounts)
        labels["type"] = "output"
        assert value(collector, f"{m.REQUEST_TOKENS.name}_sum", **labels) == sum(amounts)
        assert value(collector, f"{m.REQUEST_TOKENS.name}_count", **labels) == len(amounts)
        reached = sum(amount <= 1024 for amount in amounts)
        assert value(collector, f"{m.REQUEST_TOKENS.name}_bucket", le="1024.0", **labels) == reached
    for ledger in ledgers:
        ledger.memory.close()


def test_gauges_add_up_and_states_take_the_largest() -> None:
    one, two = Ledger(m.METRICS), Ledger(m.METRICS)
    for ledger, ratio in ((one, 0.25), (two, 0.75)):
        ledger.add(m.INFLIGHT_PHASE, 2, ("waiting", "direct"))
        ledger.put(m.PULL_PROGRESS, ratio, ("a",))
        ledger.put(m.BUILD_INFO, 1, ("1", "3"))
    collector = collector_of(one, two)
    assert value(collector, m.INFLIGHT_PHASE.name, phase="waiting", routing="direct") == 4
    assert value(collector, m.PULL_PROGRESS.name, model="a") == 0.75
    assert value(collector, m.BUILD_INFO.name, version="1", python="3") == 1


def test_of_a_process_that_is_gone_the_counters_stay_and_the_gauges_go() -> None:
    gone, live = Ledger(m.METRICS), Ledger(m.METRICS)
    for ledger in (gone, live):
        ledger.add(m.GENERATED_TOKENS, 5, MODEL)
        observe(ledger, m.TTFT, 0.3, MODEL)
        ledger.add(m.INFLIGHT_PHASE, 1, ("waiting", "direct"))
    collector = collector_of(gone, live)
    collector.retire(gone.memory)
    gone.memory.close()
    for more in (0, 1):
        live.add(m.GENERATED_TOKENS, more, MODEL)
        assert tokens(collector) == {MODEL[0]: 10 + more}
    model = {"model": MODEL[0], "routing": "direct"}
    assert value(collector, f"{m.TTFT.name}_count", **model) == 2
    assert value(collector, m.INFLIGHT_PHASE.name, phase="waiting", routing="direct") == 1


def test_several_that_are_gone_add_up() -> None:
    collector = LedgerCollector(m.METRICS)
    for _ in range(3):
        ledger = Ledger(m.METRICS)
        collector.include(ledger.memory)
        ledger.add(m.GENERATED_TOKENS, 5, MODEL)
        collector.retire(ledger.memory)
    assert tokens(collector) == {MODEL[0]: 15}


def test_names_beyond_the_bound_over_all_workers_are_folded_and_stay_folded() -> None:
    one, two = Ledger(m.METRICS), Ledger(m.METRICS)
    collector = collector_of(one, two, model=2)
    for model in ("other", "none", "a", "b"):
        one.add(m.GENERATED_TOKENS, 1, (model, "direct"))
    assert tokens(collector) == {"other": 1, "none": 1, "a": 1, "b": 1}
    for model in ("b", "c", "d"):
        two.add(m.GENERATED_TOKENS, 10, (model, "direct"))
    folded = {"other": 21, "none": 1, "a": 1, "b": 11}
    assert tokens(collector) == folded
    assert value(collector, m.LABEL_OVERFLOW.name, label="model") == 2
    collector.retire(one.memory)
    collector.retire(two.memory)
    assert tokens(collector) == folded
    assert value(collector, m.LABEL_OVERFLOW.name, label="model") == 2


def test_histograms_that_are_folded_add_up() -> None:
    ledger = Ledger(m.METRICS)
    for model in "abc":
        observe(ledger, m.TTFT, 0.3, (model, "direct"), TRACE)
    collector = collector_of(ledger, model=1)
    labels = {"model": "other", "routing": "direct"}
    assert value(collector, f"{m.TTFT.name}_count", **labels) == 2
    assert value(collector, f"{m.TTFT.name}_sum", **labels) == 0.6


def test_what_lies_beside_is_read_over_all_workers_and_never_collected() -> None:
    ledgers = [Ledger((*m.METRICS, *g.METRICS)) for _ in range(2)]
    collector = LedgerCollector(m.METRICS, {"model": 1}, g.METRICS)
    for ledger in ledgers:
        collector.include(ledger.memory)
    before = {family.name for family in collector.collect()}
    lines = value(collector, m.SERIES.name)
    labels = ("chat", "a:latest", "a:latest", "input")
    observe(ledgers[0], g.TOKEN_USAGE, 3.0, labels)
    observe(ledgers[1], g.TOKEN_USAGE, 300.0, labels)
    observe(ledgers[1], g.TOKEN_USAGE, 7.0, ("chat", "b:latest", "a:latest", "input"))
    ledgers[0].add(m.RELOADS, 1, MODEL)
    collector.retire(ledgers[1].memory)
    found = collector.read([m.RELOADS, g.TOKEN_USAGE])
    assert [one.metric for one in found] == [m.RELOADS, g.TOKEN_USAGE, g.TOKEN_USAGE]
    assert {(one.labels[1], one.numbers[0]) for one in found[1:]} == {
        ("a:latest", 303.0),
        ("other", 7.0),
    }
    assert {family.name for family in collector.collect()} == before
    assert value(collector, m.SERIES.name) == (lines or 0) + 2  # the reload, and one label that ran


def test_what_has_no_labels_is_there_from_the_start_at_zero() -> None:
    collector = LedgerCollector(m.METRICS)
    assert value(collector, m.WORKER_RESTARTS.name) == 0
    assert value(collector, m.DROPPED_VALUES.name) == 0


def test_what_processes_dropped_is_told_also_when_they_are_gone() -> None:
    ledgers = [Ledger(m.METRICS), Ledger(m.METRICS)]
    collector = collector_of(*ledgers)
    for ledger in ledgers:
        ledger.memory.drop()
    assert value(collector, m.DROPPED_VALUES.name) == 2
    collector.retire(ledgers[0].memory)
    assert value(collector, m.DROPPED_VALUES.name) == 2


def test_the_number_of_series_is_that_of_the_lines() -> None:
    collector = collector_of(a_bit_of_everything(), model=0)
    lines = generate_latest(registry_of(collector)).decode().splitlines()
    count = sum(not line.startswith("#") for line in lines)
    assert value(collector, m.SERIES.name) == count > 100


def test_text_says_to_a_parser_what_was_counted() -> None:
    collector = collector_of(a_bit_of_everything())
    text = generate_latest(registry_of(collector)).decode()
    assert samples(list(parse_text(text))) == samples(list(collector.collect()))
    assert "trace_id" not in text


def test_openmetrics_says_to_a_parser_what_was_counted_and_the_traces() -> None:
    collector = collector_of(a_bit_of_everything())
    families = list(parse_openmetrics(openmetrics(collector)))  # type: ignore[no-untyped-call]
    assert samples(families) == samples(list(collector.collect()))
    traced = {
        family.name: (sample.exemplar.labels, sample.exemplar.value)
        for family in families
        for sample in family.samples
        if sample.exemplar
    }
    assert traced == {
        metric.name: ({"trace_id": TRACE}, metric.buckets[1])
        for metric in m.METRICS
        if metric.exemplars
    }


def test_of_several_workers_the_latest_trace_is_told() -> None:
    ledgers = [Ledger(m.METRICS, wall_clock=repeat(at).__next__) for at in (10.0, 30.0, 20.0)]
    for ledger, digit in zip(ledgers, "abc", strict=True):
        observe(ledger, m.TTFT, 0.3, MODEL, digit * 32)
    observe(ledgers[2], m.TTFT, 1000, MODEL, "d" * 32)
    collector = collector_of(*ledgers)
    text = openmetrics(collector)
    assert re.findall(r'trace_id="(\w+)"} (\S+) (\S+)', text) == [
        ("b" * 32, "0.3", "30.0"),
        ("d" * 32, "1000.0", "20.0"),
    ]


@pytest.mark.parametrize("filled", [True, False])
def test_promtool_finds_nothing_to_say(filled: bool) -> None:
    promtool = shutil.which("promtool") or ""
    need("prometheus", bool(promtool), "install the Debian package prometheus")
    collector = collector_of(*([a_bit_of_everything()] if filled else []))
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=generate_latest(registry_of(collector)),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
