"""The names of models, as Prometheus remembers them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboard.models import LOOK_BACK_SECONDS, MOST, ask_models, models_of


@dataclass
class FakePrometheus:
    """A Prometheus that says these values."""

    said: list[str] | None
    asked: list[tuple[str, str, float]] = field(default_factory=list)

    async def values(self, label: str, series: str, start: float) -> Sequence[str] | None:
        self.asked.append((label, series, start))
        return self.said


async def test_the_proxy_s_models_of_the_last_month_are_asked_for() -> None:
    prometheus = FakePrometheus(["b:1", "a:2", "none", "other"])
    assert await ask_models(prometheus, 5_000_000.0) == ["a:2", "b:1"]
    start = 5_000_000.0 - LOOK_BACK_SECONDS
    assert prometheus.asked == [("model", "ollama_proxy_requests_total", start)]


async def test_what_is_no_answer_tells_nothing() -> None:
    assert await ask_models(FakePrometheus(None), 0.0) is None


def test_there_are_so_many_names_at_most() -> None:
    assert len(models_of([f"m:{n}" for n in range(MOST + 9)])) == MOST
