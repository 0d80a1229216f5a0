"""The one switch: off, nothing of telemetry is made, and not one of its libraries is read."""

import contextlib
import subprocess
import sys

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.ledger import Ledger
from proxy.settings import ProxySettings
from proxy.telemetry.switch import metrics_sent, telemetry_of

ON = {"otlp_endpoint": "http://127.0.0.1:4318"}


async def refresh() -> None:
    """Nothing is asked here."""


def ledger() -> Ledger:
    return Ledger((*catalogue.PROXY, *catalogue.GENAI))


def is_sending_metrics(**told: object) -> bool:
    settings = ProxySettings.model_validate(told)
    ledgers = LedgerCollector(catalogue.PROXY, {}, catalogue.GENAI)
    sending = metrics_sent(settings, ledgers, ledger(), refresh)
    return not isinstance(sending, contextlib.nullcontext)


def test_without_an_endpoint_there_is_nothing() -> None:
    assert telemetry_of(ProxySettings(), ledger()) is None
    assert not is_sending_metrics()


def test_with_an_endpoint_there_is_what_its_signals_say() -> None:
    settings = ProxySettings.model_validate(ON)
    assert telemetry_of(settings, ledger()) is not None
    assert is_sending_metrics(**ON)
    assert not is_sending_metrics(**ON, otlp_signals="traces")


def test_the_libraries_are_read_only_where_something_is_sent() -> None:
    program = """
import sys
from ollama_observe.metrics import catalogue
from ollama_observe.metrics.ledger import Ledger
import proxy.app, proxy.worker, proxy.checks
from proxy.settings import ProxySettings
from proxy.telemetry.switch import telemetry_of
for endpoint in ("", "http://127.0.0.1:4318"):
    settings = ProxySettings(otlp_endpoint=endpoint)
    telemetry_of(settings, Ledger((*catalogue.PROXY, *catalogue.GENAI)))
    libraries = ("google.protobuf.", "opentelemetry.proto.")
    print(any(name.startswith(libraries) for name in sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["False", "True"]
