"""What Prometheus knows for the strip, in one query: objectives, samples' age, demo or not. Pure.

Each part of the query marks its series with the label `fact`, so that one answer carries them all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dashboard.objectives import MISSED

_PROXY = "ollama_proxy_build_info"

EXPRESSIONS = {
    **{name: f"max({recorded})" for name, recorded in MISSED.items()},
    "demo": 'max(exporter_build_info{backend="demo"})',
    "ollama": "max(ollama_up)",
    # of a proxy that is down: the last that there was within the hour
    "newest": f"max(timestamp({_PROXY}))",
    "newest_before": f"max(max_over_time(timestamp({_PROXY})[1h:30s]))",
}
"""What is asked for, by the fact."""

EXPRESSION = " or ".join(
    f'label_replace({expr}, "fact", "{fact}", "", "")' for fact, expr in EXPRESSIONS.items()
)
"""All of it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What Prometheus knows. What it does not is None, or not there.

    `missed` is the share that missed an objective, by its name. Units: `newest` is Unix time.
    """

    missed: Mapping[str, float] = field(default_factory=dict)
    is_demo: bool = False
    ollama_up: bool | None = None
    newest: float | None = None


def facts_of(samples: Iterable[tuple[Mapping[str, str], float]]) -> Facts:
    """The facts of an answer: labels and value of each of its series."""
    single = {labels.get("fact", ""): value for labels, value in samples}
    seen = [single[name] for name in ("newest", "newest_before") if name in single]
    up = single.get("ollama")
    return Facts(
        missed={name: single[name] for name in MISSED if name in single},
        is_demo=bool(single.get("demo")),
        ollama_up=None if up is None else bool(up),
        newest=max(seen, default=None),
    )
