"""A ledger, and what /metrics would say of it."""

from prometheus_client import CollectorRegistry

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.metric import Metric


def observe(
    ledger: Ledger, metric: Metric, value: float, labels: tuple[str, ...], trace_id: str = ""
) -> None:
    """One observation, under all labels of a histogram in the catalogue's order."""
    ledger.page(dict(zip(metric.labels, labels, strict=True))).observe(metric, value, trace_id)


class ReadLedger:
    """A ledger of the proxy's metrics that can be asked."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        self.ledger = ledger or Ledger(catalogue.PROXY)
        collector = LedgerCollector(catalogue.PROXY)
        collector.include(self.ledger.memory)
        self._registry = CollectorRegistry()
        self._registry.register(collector)

    def value(self, metric: Metric, suffix: str = "", **labels: str) -> float | None:
        """One series' value, None where there is none; `routing` is direct unless said."""
        wanted = {"routing": "direct"} if "routing" in metric.labels else {}
        return self._registry.get_sample_value(f"{metric.name}{suffix}", {**wanted, **labels})

    def series(self) -> int:
        """How many series there are."""
        return sum(len(family.samples) for family in self._registry.collect())

    def exemplars(self, metric: Metric) -> set[str]:
        """The traces of a histogram's buckets."""
        return {
            sample.exemplar.labels["trace_id"]
            for family in self._registry.collect()
            if family.name == metric.name
            for sample in family.samples
            if sample.exemplar
        }

    def text(self) -> str:
        """Everything that it says, labels and names."""
        return "\n".join(
            f"{sample.name} {sample.labels}"
            for family in self._registry.collect()
            for sample in family.samples
        )


async def nothing_loaded() -> dict[str, int]:
    """An Ollama that says of no model how large its context is."""
    return {}
