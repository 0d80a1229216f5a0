"""Whether what was promised is kept: the objectives, by what Prometheus has recorded. Pure.

prometheus/rules/objectives.yml records the share of requests that missed each objective. The
longest window is the one that is shown; what is left of the budget is of the share that may miss.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.messages import Objective
from dashboard.settings import DashboardSettings

WINDOW = "3 d"

MISSED = {
    "success": "stack:ollama_proxy_errors_per_requests:ratio3d",
    "ttft": "stack:ollama_proxy_time_to_first_token_seconds:late_ratio3d",
}
"""What is asked for: the share that missed an objective, by its name."""


@dataclass(frozen=True, slots=True)
class _Promise:
    title: str
    objective: float


def objectives(settings: DashboardSettings, missed: Mapping[str, float]) -> list[Objective]:
    """The objectives, by the shares that missed them; without one nobody knows."""
    promised = {
        "success": _Promise("requests that do not fail", settings.slo_success_ratio),
        "ttft": _Promise(
            f"first token within {settings.slo_ttft_seconds:g} s", settings.slo_ttft_ratio
        ),
    }
    return [_of(name, promise, missed.get(name)) for name, promise in promised.items()]


def _of(name: str, promise: _Promise, missed: float | None) -> Objective:
    return Objective(
        name=name,
        title=promise.title,
        objective=promise.objective,
        window=WINDOW,
        value=None if missed is None else 1 - missed,
        budget_left=None if missed is None else 1 - missed / (1 - promise.objective),
    )
