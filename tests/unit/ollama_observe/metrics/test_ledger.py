"""What a process counts is what a reader of its memory finds."""

import math
from collections.abc import Callable

import pytest

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.exemplars import Exemplar
from ollama_observe.metrics.ledger import Ledger, Page
from ollama_observe.metrics.memory import WORDS, Memory
from ollama_observe.metrics.metric import Metric
from ollama_observe.metrics.view import LedgerView, Series

MODEL = ("smollm2:135m", "direct")
TRACE = "0af7651916cd43dd8448eb211c80319c"


def page(ledger: Ledger, model: str = MODEL[0]) -> Page:
    return ledger.page({"model": model, "routing": "direct"})


def read(ledger: Ledger) -> dict[tuple[Metric, tuple[str, ...]], Series]:
    view = LedgerView(m.METRICS, ledger.memory)
    return {(series.metric, series.labels): series for series in view.series()}


def number(ledger: Ledger, metric: Metric, labels: tuple[str, ...] = ()) -> float:
    (value,) = read(ledger)[metric, labels].numbers
    return value


def test_a_counter_adds_up_per_series() -> None:
    ledger = Ledger(m.METRICS)
    for amount in (1, 2.5):
        ledger.add(m.GENERATED_TOKENS, amount, MODEL)
    ledger.add(m.GENERATED_TOKENS, 7, ("other", "direct"))
    assert number(ledger, m.GENERATED_TOKENS, MODEL) == 3.5
    assert number(ledger, m.GENERATED_TOKENS, ("other", "direct")) == 7


def test_a_gauge_is_set_and_moved() -> None:
    ledger = Ledger(m.METRICS)
    ledger.put(m.PULL_PROGRESS, 0.25, ("a",))
    ledger.put(m.PULL_PROGRESS, 0.5, ("a",))
    ledger.add(m.PULL_PROGRESS, -0.125, ("a",))
    assert number(ledger, m.PULL_PROGRESS, ("a",)) == 0.375


def test_a_forgotten_gauge_is_absent_until_it_begins_anew() -> None:
    ledger = Ledger(m.METRICS)
    ledger.put(m.PULL_PROGRESS, 0.9, ("a",))
    ledger.forget(m.PULL_PROGRESS, ("a",))
    ledger.forget(m.PULL_PROGRESS, ("a",))
    ledger.forget(m.PULL_PROGRESS, ("never seen",))
    assert read(ledger) == {}
    ledger.add(m.PULL_PROGRESS, 0.25, ("a",))
    assert number(ledger, m.PULL_PROGRESS, ("a",)) == 0.25


def test_series_that_come_and_go_need_no_more_room() -> None:
    ledger = Ledger(m.METRICS)
    ledger.put(m.PULL_PROGRESS, 0.5, ("a",))
    before = [entry for *_, entry in ledger.memory.entries()]
    for _ in range(100):
        ledger.forget(m.PULL_PROGRESS, ("a",))
        ledger.put(m.PULL_PROGRESS, 0.5, ("a",))
    assert [entry for *_, entry in ledger.memory.entries()] == before


@pytest.mark.parametrize(
    ("value", "bucket"),
    [(0.0, 0), (0.01, 0), (0.0100001, 1), (0.5, 5), (640, 17), (641, 18), (math.inf, 18)],
)
def test_an_observation_is_in_the_first_bucket_that_reaches_it(value: float, bucket: int) -> None:
    ledger = Ledger(m.METRICS)
    page(ledger).observe(m.TTFT, value)
    total, *buckets = read(ledger)[m.TTFT, MODEL].numbers
    assert total == value
    assert buckets == [float(place == bucket) for place in range(len(m.TTFT.buckets) + 1)]


def test_neighbouring_histograms_do_not_touch_each_other() -> None:
    ledger = Ledger(m.METRICS)
    for place in range(3):
        for _ in range(place + 1):
            page(ledger, str(place)).observe(m.TTFT, 1e9, TRACE)
            page(ledger, str(place)).observe(m.MAX_GAP, 1e9, TRACE)
    found = read(ledger)
    for place in range(3):
        for metric in (m.TTFT, m.MAX_GAP):
            numbers = found[metric, (str(place), "direct")].numbers
            assert (numbers[0], numbers[-1]) == (1e9 * (place + 1), place + 1)
            assert sum(numbers[1:-1]) == 0


def test_a_bucket_keeps_the_trace_of_its_latest_observation() -> None:
    times = iter((1000.5, 1001.5, 1002.5))
    ledger = Ledger(m.METRICS, wall_clock=lambda: next(times))
    first, second = page(ledger), page(ledger)
    first.observe(m.TTFT, 0.3, TRACE)
    first.observe(m.TTFT, 0.4, TRACE[::-1])
    first.observe(m.TTFT, 0.45)
    second.observe(m.TTFT, 700, TRACE)
    exemplars = read(ledger)[m.TTFT, MODEL].exemplars
    assert len(exemplars) == len(m.TTFT.buckets) + 1
    assert [x for x in exemplars if x] == [
        Exemplar(TRACE[::-1], 0.4, 1001.5),
        Exemplar(TRACE, 700, 1002.5),
    ]


def test_a_histogram_without_exemplars_keeps_no_trace() -> None:
    ledger = Ledger(m.METRICS)
    page(ledger).observe(m.MAX_GAP, 0.3, TRACE)
    assert read(ledger)[m.MAX_GAP, MODEL].exemplars == []


def test_label_values_may_hold_anything() -> None:
    ledger = Ledger(m.METRICS)
    labels = ('a\0b"\n\\', "ü模型")
    ledger.add(m.PROMPT_TOKENS, 1, labels)
    assert number(ledger, m.PROMPT_TOKENS, labels) == 1


def test_a_full_ledger_counts_what_it_drops_and_keeps_what_it_has() -> None:
    ledger = Ledger(m.METRICS)
    ledger.add(m.WORKER_RESTARTS, 1)
    assert ledger.memory.append(b"what leaves one number free", WORDS - 4) is not None
    page(ledger).observe(m.TTFT, 0.3)
    page(ledger).observe(m.TTFT, 0.3, TRACE)
    page(ledger).add(m.PROMPT_TOKENS, 3)
    ledger.put(m.SERIES, 1)
    ledger.add(m.LABEL_OVERFLOW, 1, ("model",))
    ledger.put(m.PULL_PROGRESS, 1, ("a",))
    ledger.add(m.WORKER_RESTARTS, 1)
    assert ledger.memory.dropped == 5
    assert (ledger.memory.values[2], ledger.memory.values[WORDS - 1]) == (2, 3)


def test_pages_and_the_ledger_count_on_the_same_series() -> None:
    ledger = Ledger(m.METRICS)
    first, second = page(ledger), page(ledger)
    for counting in (first, second, first):
        counting.add(m.DONE, 1, "stop")
        counting.observe(m.REQUEST_TOKENS, 5, more="input")
    ledger.add(m.DONE, 1, ("smollm2:135m", "stop", "direct"))
    first.add(m.DONE, 1, "length")
    assert number(ledger, m.DONE, ("smollm2:135m", "stop", "direct")) == 4
    assert number(ledger, m.DONE, ("smollm2:135m", "length", "direct")) == 1
    tokens = read(ledger)[m.REQUEST_TOKENS, ("smollm2:135m", "input", "direct")]
    assert (tokens.numbers[0], sum(tokens.numbers[1:])) == (15, 3)


MISUSES: dict[str, Callable[[Ledger], None]] = {
    "add to a histogram": lambda ledger: ledger.add(m.TTFT, 1, MODEL),
    "decrease a counter": lambda ledger: ledger.add(m.DONE, -1, ("a", "stop", "direct")),
    "set a counter": lambda ledger: ledger.put(m.DONE, 1, ("a", "stop", "direct")),
    "set a histogram": lambda ledger: ledger.put(m.TTFT, 1, MODEL),
    "forget a counter": lambda ledger: ledger.forget(m.DONE, ("a", "stop", "direct")),
    "too few labels": lambda ledger: ledger.add(m.DONE, 1, ("a", "stop")),
    "observe a counter": lambda ledger: page(ledger).observe(m.DONE, 1, more="stop"),
    "count on a histogram": lambda ledger: page(ledger).add(m.TTFT, 1),
    "count on a gauge": lambda ledger: page(ledger).add(m.PULL_PROGRESS, 1),
    "decrease on a page": lambda ledger: page(ledger).add(m.DONE, -1, "stop"),
    "a label that the page lacks": lambda ledger: page(ledger).add(m.DONE, 1),
    "a label too many": lambda ledger: page(ledger).add(m.PROMPT_TOKENS, 1, "stop"),
    "two labels that the page lacks": lambda ledger: page(ledger).add(m.REQUESTS, 1, "200"),
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_a_use_that_the_catalogue_does_not_give_is_refused(misuse: str) -> None:
    ledger = Ledger(m.METRICS)
    with pytest.raises(ValueError, match="ollama_proxy_"):
        MISUSES[misuse](ledger)
    assert read(ledger) == {}


def test_a_metric_of_another_catalogue_is_refused() -> None:
    with pytest.raises(ValueError, match="is not among"):
        Ledger((m.DONE,)).add(m.WORKER_RESTARTS, 1)


def test_memory_that_holds_values_is_not_written_over() -> None:
    memory = Memory.private()
    Ledger(m.METRICS, memory).add(m.WORKER_RESTARTS, 1)
    with pytest.raises(ValueError, match="another ledger"):
        Ledger(m.METRICS, memory)
