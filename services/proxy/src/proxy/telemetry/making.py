"""Puts together what sends: spans in each process, metrics in one of them for all.

Read only where something is sent: the messages of OTLP are behind it.
"""

import contextlib
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import genai
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.ledger import Ledger
from proxy.books import Step, Steps
from proxy.labels import ModelLabels
from proxy.settings import ProxySettings
from proxy.telemetry.collector import Collector
from proxy.telemetry.genai import GenaiBooks
from proxy.telemetry.metric_sending import MetricSending, Readings
from proxy.telemetry.parts import Telemetry
from proxy.telemetry.plan import Plan
from proxy.telemetry.resource import resource_of
from proxy.telemetry.span_sending import SpanSending
from proxy.telemetry.spans import Spans
from proxy.telemetry.threshold import Tracing
from proxy.telemetry.traceparent import Contexts
from proxy.telemetry.values import attribute


def create_telemetry(settings: ProxySettings, plan: Plan, ledger: Ledger) -> Telemetry:
    """What one relay process does: it books what is sent for all, and sends its own spans."""
    spans = None
    if "traces" in plan.signals:
        resource = resource_of(settings.port, plan.resource)
        sent_to = _collector("traces", plan, ledger)
        spans = SpanSending(sent_to, Spans(*upstream_of(settings)), resource, ledger)

    def steps(models: ModelLabels) -> Steps:
        of_request: list[tuple[str, Step]] = []
        of_answer: list[tuple[str, Step]] = []
        if "metrics" in plan.signals:
            books = GenaiBooks(ledger, models)
            of_request.append(("genai", books.book_request))
            of_answer.append(("genai_answer", books.book_answer))
        if spans is not None:
            of_answer.append(("span", spans.book))
        return Steps(tuple(of_request), tuple(of_answer))

    if spans is None:
        return Telemetry(None, steps, contextlib.nullcontext)
    return Telemetry(Tracing(Contexts(plan.trace_ratio)), steps, spans.running)


def create_metric_sending(
    settings: ProxySettings,
    plan: Plan,
    ledgers: LedgerCollector,
    ledger: Ledger,
    refresh: Callable[[], Awaitable[None]],
) -> MetricSending:
    """What sends the metrics of all processes; of its own sending it tells `ledger`."""
    twins = frozenset(genai.TWINS.values())
    others = [metric for metric in catalogue.PROXY if metric not in twins]
    address, port = upstream_of(settings)
    always = (
        attribute("gen_ai.provider.name", "ollama"),
        attribute("server.address", address),
        attribute("server.port", port),
    )
    readings = Readings(
        ledgers,
        others if plan.has_other_metrics else (),
        resource_of(settings.port, plan.resource),
        always,
    )
    return MetricSending(
        _collector("metrics", plan, ledger),
        readings,
        plan.interval_seconds,
        refresh if plan.has_other_metrics else None,
    )


def upstream_of(settings: ProxySettings) -> tuple[str, int]:
    """Host and port of the Ollama that the proxy is before."""
    parts = urlsplit(str(settings.ollama_url))
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _collector(signal: str, plan: Plan, ledger: Ledger) -> Collector:
    return Collector(signal, plan.endpoint, plan.headers, plan.timeout_seconds, ledger)
