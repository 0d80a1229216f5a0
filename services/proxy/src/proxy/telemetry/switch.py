"""The one switch: without an endpoint nothing of telemetry is made, nor its libraries read."""

import contextlib
from collections.abc import Awaitable, Callable

from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.ledger import Ledger
from proxy.settings import ProxySettings
from proxy.telemetry.parts import Telemetry
from proxy.telemetry.plan import plan_of


def telemetry_of(settings: ProxySettings, ledger: Ledger) -> Telemetry | None:
    """What one relay process does for it. Raises: ValueError, OSError for wrong settings."""
    plan = plan_of(settings)
    if plan is None:
        return None
    from proxy.telemetry.making import create_telemetry

    return create_telemetry(settings, plan, ledger)


def metrics_sent(
    settings: ProxySettings,
    ledgers: LedgerCollector,
    ledger: Ledger,
    refresh: Callable[[], Awaitable[None]],
) -> contextlib.AbstractAsyncContextManager[None]:
    """Sends the metrics of all processes while it is entered; does nothing where they are not
    wanted. Raises: ValueError, OSError for wrong settings.
    """
    plan = plan_of(settings)
    if plan is None or "metrics" not in plan.signals:
        return contextlib.nullcontext()
    from proxy.telemetry.making import create_metric_sending

    return create_metric_sending(settings, plan, ledgers, ledger, refresh).running()
