"""Results to JSON, and to the table in docs/PERFORMANCE.md."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.bar import Row, paces_lost, rows
from bench.plan import Plan
from bench.rounds import Rounds, medians

_PASSAGE = re.compile(r"(<!-- generated: bench -->\n).*?(<!-- end -->)", re.DOTALL)
Results = Mapping[str, Any]
"""As in the JSON: machine, rounds (how many), workloads (their titles), medians, samples."""


def results(machine: Mapping[str, object], plan: Plan, rounds: Rounds) -> Results:
    """All that was measured, with each round's samples."""
    return {
        "machine": dict(machine),
        "rounds": plan.rounds,
        "workloads": {workload.name: workload.title for workload in plan.workloads},
        "medians": medians(rounds),
        "samples": rounds,
    }


def table(found: Results) -> str:
    """The rows, the machine, and whether the pace was kept."""
    head = [
        "| Workload | Figure | unit | direct | nginx | proxy | ratio | bar |  |",
        "| --- " * 9 + "|",
    ]
    machine, titles = found["machine"], found["workloads"]
    lost = paces_lost(found["medians"])
    pace = ["The pace of the streams was kept."] if not lost else ["Pace not kept:", *lost]
    nginx = f"nginx {machine['nginx']}" if machine["nginx"] else "no nginx to compare with"
    took = (
        f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, "
        f"Python {machine['python']}, uvloop {machine['uvloop']}, {nginx}. "
        f"Medians of {found['rounds']} rounds. "
    )
    lines = [
        *head,
        *(_line(row, titles) for row in rows(found["medians"])),
        "",
        took + " ".join(pace),
    ]
    return "\n".join(lines) + "\n"


def _line(row: Row, titles: Mapping[str, str]) -> str:
    figure = row.figure
    bar = "" if figure.limit is None else f"{figure.limit:g}{'x' if figure.limits_ratio else ''}"
    verdict = {None: "", True: "pass", False: "**fail**"}[row.passes]
    ratio = "" if row.ratio is None else f"{row.ratio:.1f}x"
    cells = (_number(row.direct), _number(row.nginx), _number(row.proxy), ratio, bar, verdict)
    return f"| {titles[figure.workload]} | {figure.title} | {figure.unit} | {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def write_json(found: Results, path: Path) -> None:
    """Write everything, for machines and later comparisons."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def rendered(document: str, found: Results) -> str:
    """The document with its table made anew."""
    return _PASSAGE.sub(lambda match: f"{match[1]}\n{table(found)}\n{match[2]}", document)
