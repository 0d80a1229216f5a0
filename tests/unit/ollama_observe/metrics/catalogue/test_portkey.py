"""What the proxy measures of the gateway."""

from ollama_observe.metrics.catalogue import PROXY
from ollama_observe.metrics.catalogue import portkey as m
from ollama_observe.metrics.metric import Kind
from proxy.routing import Bypass


def test_all_say_that_they_are_about_the_gateway_and_no_other_does() -> None:
    named = [metric for metric in PROXY if metric.name.startswith("ollama_proxy_portkey_")]
    assert named == list(m.METRICS)


def test_why_a_request_went_directly_is_said_where_it_is_counted() -> None:
    assert all(f"`{reason}`" in m.BYPASSES.help for reason in Bypass)


def test_its_own_time_is_told_from_half_a_millisecond_to_its_longest_retries() -> None:
    assert m.OVERHEAD.kind is Kind.HISTOGRAM
    assert (m.OVERHEAD.buckets[0], m.OVERHEAD.buckets[-1]) == (0.0005, 40)
