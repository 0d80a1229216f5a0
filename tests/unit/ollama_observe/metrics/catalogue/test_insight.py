"""What is told of models' time: by model, in seconds or as a share."""

from ollama_observe.metrics import buckets
from ollama_observe.metrics.catalogue import insight as m
from ollama_observe.metrics.metric import Kind


def test_a_name_says_whose_it_is_and_what_it_counts() -> None:
    for metric in m.METRICS:
        assert metric.name.startswith("ollama_proxy_")
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert metric.name.endswith("_ratio") == (metric.unit == "ratio")


def test_all_of_it_is_of_a_model_and_cheap() -> None:
    for metric in m.METRICS:
        assert metric.labels[0] == "model"
        assert len(metric.labels) <= (1 if metric.kind is Kind.HISTOGRAM else 2)


def test_an_error_of_a_fifth_can_be_told_from_one_of_half() -> None:
    assert {0.2, 0.5} <= set(buckets.ESTIMATE_ERROR)
    assert m.PREFILL_ESTIMATE_ERROR.buckets == m.FIRST_TOKEN_ESTIMATE_ERROR.buckets
