"""The end of a run as tables: counts first, then the distributions, each with its clock.

A run that went one way is one table. Of a run that went several, each way is a column: figures
over all of them would describe none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from traffic.plan.plan import Plan
from traffic.results.facts import Cell, Fact, Tone, facts, has_ways, plan_facts
from traffic.results.figures import Figures
from traffic.results.measures import Measure
from traffic.results.slo import Verdict
from traffic.results.spreads import Spread, statistic
from traffic.results.summary import Summary
from traffic.results.units import ABSENT, difference, duration, four_digits, rate, shown
from traffic.results.ways import Comparison, Differences

COLUMNS = ("p50", "p95", "p99", "max")

_STYLES: dict[Tone, str] = {"plain": "", "warning": "yellow", "bad": "red"}


def summary_table(
    plan: Plan,
    summary: Summary,
    comparison: Comparison | None = None,
    objectives: Sequence[Verdict] = (),
    reasons: Sequence[str] = (),
    remarks: Sequence[str] = (),
    note: str = "",
    lost: Sequence[str] = (),
) -> Group:
    """Everything about a run that has ended; `comparison` where questions went two ways.

    `objectives` are the verdicts on those of a file; `reasons` why the run is invalid, `remarks`
    what is to be known of a valid one; `note` is the operator's, `lost` says how processes died.
    """
    top = Table.grid(padding=(0, 2))
    named = facts(plan_facts(plan), summary, note)
    for name, text in chain(_own_check(reasons, lost, remarks), _lines(named)):
        top.add_row(name, text)
    parts: list[RenderableType] = ["", top, ""]
    if has_ways(plan.route, summary) and len(summary.ways) > 1:
        parts.append(_side_by_side(summary))
    else:
        parts.append(_distributions(summary))
    if comparison is not None:
        parts += ["", _differences(comparison)]
    for title, groups in (("By model", summary.models), ("Cold or warm", summary.loads)):
        if len(groups) > 1:
            parts += ["", _groups(title, groups)]
    if objectives:
        parts += ["", _objectives(objectives)]
    return Group(*parts)


def _own_check(
    reasons: Sequence[str], lost: Sequence[str], remarks: Sequence[str]
) -> Iterator[tuple[Text, Text]]:
    for reason in reasons:
        yield Text("INVALID", "bold red"), Text(reason, "red")
    for death in lost:
        yield Text("INCOMPLETE", "bold red"), Text(death, "red")
    for remark in remarks:
        yield Text("Remark", "yellow"), Text(remark, "yellow")


def _lines(named: Iterable[Fact]) -> Iterator[tuple[Text, Text]]:
    for fact in named:
        yield Text(fact.name), Text(", ").join(map(_text, fact.cells))
        yield from ((Text(""), _text(cell)) for cell in fact.below)


def _text(cell: Cell) -> Text:
    return Text(cell.shown, _STYLES[cell.tone])


def _distributions(summary: Summary) -> Table:
    table = _table("Whole answers", "n", *COLUMNS)
    for measure in summary.shown_measures:
        values = summary.spreads.get(measure.name)
        table.add_row(measure.label, str(values.count if values else 0), *_cells(measure, values))
    for label, measure, of_hits in summary.shown_of_hits:
        table.add_row(label, str(of_hits.count), *_cells(measure, of_hits))
    return table


def _side_by_side(summary: Summary) -> Table:
    table = _table("Whole answers, by way", "", *summary.ways)
    taken = summary.ways.values()
    table.add_row("Requests", "n", *(str(figures.sent) for figures in taken))
    table.add_row("", "ok", *(str(figures.ok) for figures in taken))
    table.add_row("", "failed", *(str(figures.failed) for figures in taken))
    for measure in summary.shown_measures:
        columns = [_cells(measure, figures.spreads.get(measure.name)) for figures in taken]
        # one row a figure
        for row, (name, *cells) in enumerate(zip(COLUMNS, *columns, strict=True)):
            table.add_row(measure.label if row == 0 else "", name, *cells)
    return table


def _groups(title: str, groups: Mapping[str, Figures]) -> Table:
    table = _table(title, "ok", "failed", "TTFT p50", "TTFT p95", "tokens/s p50")
    for name, figures in groups.items():
        ttft = figures.spreads.get("ttft_seconds")
        tokens = figures.spreads.get("reported_tokens_per_second") or figures.spreads.get(
            "seen_tokens_per_second"
        )
        table.add_row(
            name,
            str(figures.ok),
            str(figures.failed),
            *((ABSENT,) * 2 if ttft is None else (duration(ttft.p50), duration(ttft.p95))),
            ABSENT if tokens is None else rate(tokens.p50),
        )
    return table


def _objectives(objectives: Sequence[Verdict]) -> Table:
    table = _table("Objectives", "expected", "found", "")
    for one in objectives:
        found = ABSENT if one.found is None else four_digits(one.found)
        verdict = Text("met", "green") if one.is_met else Text("missed", "bold red")
        table.add_row(one.name, one.expected, found, verdict)
    return table


def _differences(comparison: Comparison) -> Table:
    table = _table("Portkey minus direct, same request", "n", "p25", "median", "p75")
    for name, values in (
        ("TTFT, from sent", comparison.ttft_seconds),
        ("End to end, from sent", comparison.end_to_end_seconds),
    ):
        table.add_row(name, *_difference_cells(values))
    return table


def _difference_cells(values: Differences | None) -> tuple[str, ...]:
    if values is None:
        return ("0", *(ABSENT,) * 3)
    figures = (values.p25, values.p50, values.p75)
    return (str(values.count), *(difference("seconds", figure) for figure in figures))


def _table(title: str, *columns: str) -> Table:
    table = Table(title, box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _cells(measure: Measure, values: Spread | None) -> list[str]:
    if values is None:
        return [ABSENT] * len(COLUMNS)
    return [shown(measure.unit, statistic(values, name)) for name in COLUMNS]
