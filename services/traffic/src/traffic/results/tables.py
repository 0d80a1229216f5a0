"""The end of a run as tables: counts first, then the distributions, each with its clock.

A run that went one way is one table. Of a run that went several, each way is a column: figures
over all of them would describe none.
"""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from traffic.results.ways import Comparison, Differences
from traffic.results.figures import Figures
from traffic.results.measures import MEASURES, Measure, Unit
from traffic.plan.plan import Plan
from traffic.results.summary import Summary
from traffic.request.routes import Way
from traffic.results.slo import Verdict
from traffic.results.spreads import Spread, statistic

REMARKS = {
    Way.WENT_DIRECT: "asked for Portkey and went direct: it is not enabled, is down,"
    " or could not carry the request",
    Way.UNKNOWN: "failed without a sign of the way taken",
}
"""What is to be said about requests that went otherwise than they asked."""

COLUMNS = ("p50", "p95", "p99", "max")
ALWAYS_SHOWN = ("ttft_seconds", "end_to_end_seconds")


def summary_table(
    plan: Plan,
    summary: Summary,
    comparison: Comparison | None = None,
    objectives: Sequence[Verdict] = (),
    reasons: Sequence[str] = (),
    remarks: Sequence[str] = (),
) -> Group:
    """Everything about a run that has ended; `comparison` where questions went two ways.

    `objectives` are the verdicts on those of a file; `reasons` why the run is invalid, `remarks`
    what is to be known of a valid one.
    """
    parts: list[RenderableType] = ["", _counts(plan, summary, reasons, remarks), ""]
    if len(_shown_ways(plan, summary)) > 1:
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


def has_ways(route: str, summary: Summary) -> bool:
    """Whether the ways are worth a word: where a way was asked for, or Portkey was met."""
    return route != "default" or Way.PORTKEY in summary.ways


def _shown_ways(plan: Plan, summary: Summary) -> Mapping[Way, Figures]:
    return summary.ways if has_ways(plan.route, summary) else {}


def _counts(plan: Plan, summary: Summary, reasons: Sequence[str], remarks: Sequence[str]) -> Table:
    counts = Table.grid(padding=(0, 2))
    for word, sentence in _own_check(reasons, remarks):
        counts.add_row(word, sentence)
    counts.add_row("Plan", f"{plan.preset}, seed {plan.seed}, sha256 {plan.sha256[:12]}")
    if summary.planned_requests is not None:
        counts.add_row("Questions", _questions(plan, summary.planned_requests))
    counts.add_row("Requests", _outcomes(summary))
    for error in summary.errors:
        counts.add_row("", Text(f"{error.count} x {error.kind}: {error.detail}", "red"))
    if ways := _shown_ways(plan, summary):
        sizes = {way: taken.ok + taken.failed + taken.cancelled for way, taken in ways.items()}
        counts.add_row("Way", ", ".join(f"{size} {way}" for way, size in sizes.items()))
        for way, remark in REMARKS.items():
            if way in sizes:
                counts.add_row("", Text(f"{sizes[way]} {remark}", "yellow"))
    for name, text in _more_counts(summary):
        counts.add_row(name, text)
    counts.add_row("Duration", duration(summary.duration_seconds))
    return counts


def _own_check(reasons: Sequence[str], remarks: Sequence[str]) -> Iterator[tuple[Text, Text]]:
    for reason in reasons:
        yield Text("INVALID", "bold red"), Text(reason, "red")
    for remark in remarks:
        yield Text("Remark", "yellow"), Text(remark, "yellow")


def _more_counts(summary: Summary) -> Iterator[tuple[str, str]]:
    if summary.checked:
        passed = summary.checked - summary.refused
        yield "Checks", f"{passed} of {summary.checked} answers satisfy their question's check"
    yield "Tokens", f"{summary.prompt_tokens} prompt, {summary.generated_tokens} generated"
    if summary.kept is not None:
        yield "Kept", summary.kept.in_words
    if summary.requests_per_second and summary.generated_tokens_per_second:
        tokens = f"{summary.generated_tokens_per_second:.1f} tokens/s"
        yield "Throughput", f"{summary.requests_per_second:.2f} requests/s, {tokens}"
    if summary.goodput is not None and summary.goodput.ratio is not None:
        good, share = summary.goodput, f"{100 * summary.goodput.ratio:.1f} %"
        rate = "" if good.per_second is None else f", {good.per_second:.2f} requests/s"
        yield "Goodput", f"{good.good} of {good.of} meet every objective ({share}){rate}"


def _questions(plan: Plan, requests: int) -> str:
    number = len({question.question_id for question in plan.questions})
    twice = ", each direct and through Portkey," if plan.route == "mixed" else ""
    again = f"; {plan.repeats} were asked again" if plan.repeats else ""
    return f"{number}{twice} in {requests} requests{again}"


def _outcomes(summary: Summary) -> Text:
    text = Text(f"{summary.ok} ok, ")
    text.append(f"{summary.failed} failed", "bold red" if summary.failed else "")
    for count, words in (
        (summary.cancelled, "cancelled"),
        (summary.dropped, "dropped: too many were in flight"),
        (summary.unasked or 0, "not finished or not sent"),
    ):
        if count:
            text.append(f", {count} {words}", "yellow")
    if summary.warm_up:
        text.append(f"; {summary.warm_up} before them to warm up, in no figure")
    return text


def _distributions(summary: Summary) -> Table:
    table = _table("Whole answers", "n", *COLUMNS)
    for measure in shown_measures(summary):
        values = summary.spreads.get(measure.name)
        table.add_row(measure.label, str(values.count if values else 0), *_cells(measure, values))
    return table


def shown_measures(summary: Summary) -> list[Measure]:
    """What has values, and where there is no schedule, nothing that is taken from it.

    TTFT and the end are named also where nothing is: a run without an answer says so.
    """
    return [
        measure
        for measure in MEASURES
        if (measure.name in summary.spreads or measure.name in ALWAYS_SHOWN)
        and (summary.is_scheduled or not measure.is_by_schedule)
    ]


def _side_by_side(summary: Summary) -> Table:
    table = _table("Whole answers, by way", "", *summary.ways)
    taken = summary.ways.values()
    sizes = (figures.ok + figures.failed + figures.cancelled for figures in taken)
    table.add_row("Requests", "n", *map(str, sizes))
    table.add_row("", "ok", *(str(figures.ok) for figures in taken))
    table.add_row("", "failed", *(str(figures.failed) for figures in taken))
    for measure in shown_measures(summary):
        columns = [_cells(measure, figures.spreads.get(measure.name)) for figures in taken]
        # one row a figure
        for row, (name, *cells) in enumerate(zip(COLUMNS, *columns, strict=True)):
            table.add_row(measure.label if row == 0 else "", name, *cells)
    return table


def _groups(title: str, groups: Mapping[str, Figures]) -> Table:
    table = _table(title, "ok", "failed", "TTFT p50", "TTFT p95", "tokens/s p50")
    for name, figures in groups.items():
        ttft = figures.spreads.get("ttft_seconds")
        rate = figures.spreads.get("reported_tokens_per_second") or figures.spreads.get(
            "seen_tokens_per_second"
        )
        table.add_row(
            name,
            str(figures.ok),
            str(figures.failed),
            *(("-", "-") if ttft is None else (duration(ttft.p50), duration(ttft.p95))),
            "-" if rate is None else f"{rate.p50:.1f}",
        )
    return table


def _objectives(objectives: Sequence[Verdict]) -> Table:
    table = _table("Objectives", "expected", "found", "")
    for one in objectives:
        found = "-" if one.found is None else f"{one.found:.4g}"
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
        return ("0", "-", "-", "-")
    figures = (values.p25, values.p50, values.p75)
    return (str(values.count), *(_signed(figure) for figure in figures))


def _signed(seconds: float) -> str:
    milliseconds = round(seconds * 1000, 1) + 0.0  # which makes of -0.0 a 0.0
    return f"{milliseconds:+.1f} ms"


def _table(title: str, *columns: str) -> Table:
    table = Table(title, box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _cells(measure: Measure, values: Spread | None) -> list[str]:
    if values is None:
        return ["-"] * len(COLUMNS)
    return [shown(measure.unit, statistic(values, name)) for name in COLUMNS]


def shown(unit: Unit, value: float) -> str:
    """A value of a measure for people."""
    return duration(value) if unit == "seconds" else f"{value:.1f}"


def duration(seconds: float) -> str:
    """Seconds for people.

    Example: 0.0084 gives `8.4 ms`, 0.2134 gives `213 ms`, 2.708 gives `2.71 s`.
    """
    if seconds >= 0.9995:
        return f"{seconds:.2f} s"
    milliseconds = seconds * 1000
    return f"{milliseconds:.1f} ms" if 0 < milliseconds < 9.95 else f"{milliseconds:.0f} ms"
