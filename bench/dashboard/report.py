"""The samples to a table, and to JSON and back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.dashboard.cases import PANELS_SHOWN, Case
from bench.dashboard.measure import Load
from bench.documents import number, passage
from bench.rounds import Rounds, medians

Results = Mapping[str, Any]
"""As in the JSON: machine, load, cases (their titles), panels, medians, samples."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A row: what of a sample, in which unit. `goal` is the most that many may be of one."""

    name: str
    title: str
    unit: str
    scale: float = 1.0
    goal: float | None = None


FIGURES = (
    Figure("queries_per_round", "queries of history a round", "", goal=1.01),
    Figure("queries_per_minute", "queries of history a minute", "", goal=1.1),
    Figure("cpu_seconds_per_minute", "CPU a minute", "s", goal=3.0),
    Figure("peak_bytes", "peak of resident memory", "MB", 1e-6, goal=2.0),
    Figure("sent_bytes_per_minute", "sent a minute", "MB", 1e-6),
    Figure("page_bytes_per_minute", "sent to a viewer a minute", "kB", 1e-3),
)


def results(
    machine: Mapping[str, object], load: Load, cases: Sequence[Case], rounds: Rounds
) -> Results:
    """All that was measured, as plain values."""
    return {
        "machine": dict(machine),
        "load": asdict(load),
        "cases": {case.name: case.title for case in cases},
        "panels": len(PANELS_SHOWN),
        "medians": medians(rounds)["dashboard"],
        "samples": rounds["dashboard"],
    }


def is_within_goals(found: Results) -> bool:
    """Whether many cost what one does, where they should."""
    return all(passes(found, figure) is not False for figure in FIGURES)


def passes(found: Results, figure: Figure) -> bool | None:
    """Whether many viewers of a view are within the goal; None where a figure has none."""
    if figure.goal is None:
        return None
    return bool(_ratio(found, figure) <= figure.goal)


def _ratio(found: Results, figure: Figure) -> float:
    one, many = (found["medians"][name][figure.name] for name in ("one", "many"))
    return float(many / one)


def table(found: Results) -> str:
    """The figures of each case, then what they were taken with."""
    titles = list(found["cases"].values())
    lines = [
        f"| Dashboard | unit | {' | '.join(titles)} | many to one | goal |  |",
        "| --- " * (len(titles) + 5) + "|",
        *(_line(found, figure) for figure in FIGURES),
    ]
    return "\n".join(lines) + f"\n\n{_circumstances(found)}\n"


def _line(found: Results, figure: Figure) -> str:
    values = [number(found["medians"][name][figure.name] * figure.scale) for name in found["cases"]]
    goal = "" if figure.goal is None else f"{figure.goal:g}x"
    verdict = {None: "", True: "pass", False: "**fail**"}[passes(found, figure)]
    ratio = f"{number(_ratio(found, figure))}x"
    return (
        f"| {figure.title} | {figure.unit} | {' | '.join(values)} | {ratio} | {goal} | {verdict} |"
    )


def _circumstances(found: Results) -> str:
    machine, load = found["machine"], found["load"]
    return (
        f"{found['panels']} panels on each page, {load['seconds']:g} s a sample. {machine['cpu']},"
        f" {machine['cores']} cores, Linux {machine['kernel']}, Python {machine['python']}, uvloop"
        f" {machine['uvloop']}, Prometheus {machine['prometheus']}. Medians of {load['rounds']}"
        f" {'rounds' if load['rounds'] > 1 else 'round'}."
    )


def rendered(document: str, found: Results) -> str:
    """The document with its table made anew."""
    return passage(document, "bench.dashboard", table(found))
