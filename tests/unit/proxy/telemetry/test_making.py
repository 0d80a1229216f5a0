"""What is put together for which plan."""

import contextlib

import pytest

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import genai
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.ledger import Ledger
from proxy.labels import BoundedLabels, ModelLabels
from proxy.settings import ProxySettings
from proxy.telemetry.making import create_metric_sending, create_telemetry, upstream_of
from proxy.telemetry.plan import plan_of
from proxy.telemetry.threshold import Tracing


def settings(**told: object) -> ProxySettings:
    return ProxySettings.model_validate({"otlp_endpoint": "http://127.0.0.1:4318", **told})


@pytest.mark.parametrize(
    ("signals", "of_request", "of_answer"),
    [
        ("metrics", ["genai"], ["genai_answer"]),
        ("traces", [], ["span"]),
        ("metrics,traces", ["genai"], ["genai_answer", "span"]),
    ],
)
def test_a_process_does_what_the_signals_ask_for(
    signals: str, of_request: list[str], of_answer: list[str]
) -> None:
    told = settings(otlp_signals=signals)
    plan = plan_of(told)
    assert plan is not None
    ledger = Ledger((*catalogue.PROXY, *catalogue.GENAI))
    telemetry = create_telemetry(told, plan, ledger)
    steps = telemetry.steps(ModelLabels(BoundedLabels(10, lambda: None)))
    assert [name for name, _ in steps.of_request] == of_request
    assert [name for name, _ in steps.of_answer] == of_answer
    assert isinstance(telemetry.threshold, Tracing) == ("traces" in signals)
    sends_spans = telemetry.running is not contextlib.nullcontext
    assert sends_spans == ("traces" in signals)


@pytest.mark.parametrize("other_metrics", [True, False])
def test_never_both_names_of_one_measurement(other_metrics: bool) -> None:
    told = settings(otlp_other_metrics=other_metrics)
    plan = plan_of(told)
    assert plan is not None
    ledger = Ledger((*catalogue.PROXY, *catalogue.GENAI))
    ledgers = LedgerCollector(catalogue.PROXY, {}, catalogue.GENAI)

    async def refresh() -> None:
        """Nothing is asked here."""

    sending = create_metric_sending(told, plan, ledgers, ledger, refresh)
    others = set(sending._readings._others)
    twins = set(genai.TWINS.values())
    assert others == (set(catalogue.PROXY) - twins if other_metrics else set())
    assert (sending._refresh is not None) == other_metrics


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://gpu:11434", ("gpu", 11434)),
        ("http://gpu", ("gpu", 80)),
        ("https://me:word@gpu/below", ("gpu", 443)),
        ("http://[::1]:11434", ("::1", 11434)),
    ],
)
def test_the_upstream_s_address_is_told_without_anything_secret(
    url: str, found: tuple[str, int]
) -> None:
    assert upstream_of(settings(ollama_url=url)) == found
