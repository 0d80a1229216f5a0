"""Results to JSON, and to the tables in docs/PERFORMANCE.md."""

from collections.abc import Mapping
from typing import Any

from bench import added, cached
from bench.bar import Row, paces_lost, rows
from bench.documents import number, passage
from bench.machine import described
from bench.plan import Plan
from bench.rounds import Rounds, medians

_HEAD = "| Workload | Figure | unit | direct | nginx | proxy | ratio | bar |  |"
_THROUGH = "The proxy, straight to the upstream and through a Portkey gateway:"
_HEAD_THROUGH = (
    "| Workload | Figure | unit | proxy direct | through Portkey | by proxy | by gateway | added |"
)
_CACHED = (
    "The proxy without its answer cache, with it where every request misses, and where it hits:"
)
_HEAD_CACHED = "| Workload | Figure | unit | off | misses | hits | bar of a hit |  |"
_VERDICTS = {None: "", True: "pass", False: "**fail**"}
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
    """The rows, what a gateway adds, the machine, and whether the pace was kept."""
    titles, measured = found["workloads"], found["medians"]
    tables = [[_HEAD, "| --- " * 9 + "|", *(_line(row, titles) for row in rows(measured))]]
    if through := added.rows(measured):
        tables += [[_THROUGH], [_HEAD_THROUGH, "| --- " * 8 + "|"]]
        tables[-1] += [_line_through(row, titles) for row in through]
    if with_cache := cached.rows(measured):
        tables += [[_CACHED], [_HEAD_CACHED, "| --- " * 8 + "|"]]
        tables[-1] += [_line_cached(row, titles) for row in with_cache]
    lost = paces_lost(measured)
    pace = ["The pace of the streams was kept."] if not lost else ["Pace not kept:", *lost]
    tables.append([" ".join([_machine(found["machine"], found["rounds"]), *pace])])
    return "\n\n".join("\n".join(lines) for lines in tables) + "\n"


def _machine(machine: Mapping[str, Any], rounds: int) -> str:
    nginx = f"nginx {machine['nginx']}" if machine["nginx"] else "no nginx to compare with"
    gateway = "no Portkey gateway"
    if machine["portkey"]:
        gateway = f"Portkey gateway {machine['portkey']} on Node.js {machine['node']}"
    return f"{described(machine)}, {nginx}, {gateway}. Medians of {rounds} rounds."


def _line(row: Row, titles: Mapping[str, str]) -> str:
    figure = row.figure
    bar = "" if figure.limit is None else f"{figure.limit:g}{'x' if figure.limits_ratio else ''}"
    verdict = _VERDICTS[row.passes]
    ratio = "" if row.ratio is None else f"{row.ratio:.1f}x"
    cells = (_number(row.direct), _number(row.nginx), _number(row.proxy), ratio, bar, verdict)
    return f"| {titles[figure.workload]} | {figure.title} | {figure.unit} | {' | '.join(cells)} |"


def _line_through(row: added.Row, titles: Mapping[str, str]) -> str:
    figure = row.figure
    numbers = (row.direct, row.through, row.proxy, row.gateway, row.added)
    cells = " | ".join(_number(number) for number in numbers)
    return f"| {titles[figure.workload]} | {figure.title} | {figure.unit} | {cells} |"


def _line_cached(row: cached.Row, titles: Mapping[str, str]) -> str:
    figure = row.figure
    cells = " | ".join(_number(number) for number in (row.off, row.misses, row.hits))
    bar = "" if figure.limit is None else f"{figure.limit:g}"
    said = f"{bar} | {_VERDICTS[row.passes]}"
    return f"| {titles[figure.workload]} | {figure.title} | {figure.unit} | {cells} | {said} |"


def _number(value: float | None) -> str:
    return "" if value is None else number(value)


def rendered(document: str, found: Results) -> str:
    """The document with its tables made anew."""
    return passage(document, "bench", table(found))
