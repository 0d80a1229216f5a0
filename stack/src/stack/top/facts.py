"""All that is known at an instant, whoever told it: what a screen and a document are made of. Pure.

What nobody told is None, or empty while `has_proxy` or `has_exporter` says that nobody tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stack.top.history import SLOT_SECONDS
from stack.top.machine import Gpu, Host, Model
from stack.top.rates import Counts, Growth, observations, quantile, summed
from stack.top.table import Entry, Finished

NOW_SECONDS = 10.0
"""Rates of now are those of so long."""

LATELY_SECONDS = 300.0
"""Quantiles and errors are those of so long: few seconds of few requests would be gaps."""


@dataclass(frozen=True, slots=True)
class Source:
    """A part that is asked. `problem` is empty where it answered when it was asked last."""

    part: str
    where: str
    problem: str = ""

    @property
    def is_up(self) -> bool:
        """Whether it answered."""
        return not self.problem


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known. `missing` are the parts that nobody asks, and why; `remedy` is what helps
    where nothing answers. `proxies_read` is how many proxies Prometheus reads."""

    at: datetime
    title: str = ""
    sources: tuple[Source, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    remedy: str = ""
    release: str | None = None
    uptime_seconds: float | None = None
    ollama_up: bool | None = None
    ollama_version: str | None = None
    ollama_detail: str = ""
    proxies_read: int | None = None
    requests: tuple[Entry, ...] = ()
    finished: tuple[Finished, ...] = ()
    models: tuple[Model, ...] = ()
    gpus: tuple[Gpu, ...] = ()
    host: Host = field(default_factory=Host)
    totals: Counts | None = None
    now: Growth = field(default_factory=Growth)
    lately: Growth = field(default_factory=Growth)
    slots: Sequence[Growth | None] = ()
    slot_seconds: float = SLOT_SECONDS

    @property
    def has_proxy(self) -> bool:
        """Whether a proxy answers."""
        return self._answers("proxy")

    @property
    def has_exporter(self) -> bool:
        """Whether the exporter answers."""
        return self._answers("gpu-exporter")

    @property
    def is_anybody_there(self) -> bool:
        """Whether any part answers."""
        return any(source.is_up for source in self.sources)

    @property
    def proxies_asked(self) -> int:
        """How many proxies answer us."""
        return sum(source.is_up for source in self.sources if source.part == "proxy")

    @property
    def error_ratio(self) -> float | None:
        """The share of the requests of late that failed; None where none ended."""
        if self.lately.requests <= 0:
            return None
        return min(1.0, sum(self.lately.errors.values()) / self.lately.requests)

    def ttft(self, rank: float) -> float | None:
        """A quantile of the times to first token of late."""
        return quantile(self.lately.ttft, rank)

    @property
    def ttft_count(self) -> float:
        """How many times to first token that is of."""
        return observations(self.lately.ttft)

    def _answers(self, part: str) -> bool:
        return any(source.is_up for source in self.sources if source.part == part)


def total(each: Sequence[Counts]) -> Counts | None:
    """What all proxies have counted; None where none told."""
    if not each:
        return None
    return Counts(
        requests=sum(one.requests for one in each),
        generated_tokens=sum(one.generated_tokens for one in each),
        prompt_tokens=sum(one.prompt_tokens for one in each),
        errors=summed(one.errors for one in each),
        ttft=summed(one.ttft for one in each),
    )
