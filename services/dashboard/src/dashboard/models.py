"""The names of the models that the proxy has served, as long as Prometheus remembers."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from ollama_observe.metrics.metric import UNNAMED

LOOK_BACK_SECONDS = 30 * 86_400
MOST = 100

_SERIES = "ollama_proxy_requests_total"


class Models(Protocol):
    """Who knows them: Prometheus, in promql.py."""

    async def values(self, label: str, series: str, start: float, /) -> Sequence[str] | None:
        """What a label has been since a time, of a series; None where no answer came."""


async def ask_models(prometheus: Models, now: float) -> list[str] | None:
    """Their names, sorted; None where Prometheus does not say."""
    values = await prometheus.values("model", _SERIES, now - LOOK_BACK_SECONDS)
    return None if values is None else models_of(values)


def models_of(values: Iterable[str]) -> list[str]:
    """The names among a label's values."""
    return sorted(set(values) - UNNAMED - {""})[:MOST]
