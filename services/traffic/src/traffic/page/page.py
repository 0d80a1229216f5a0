"""A result as one page that needs nothing else: no network, no script. Pure but for its template.

What is filled in is escaped by the template engine. Every figure carries its exact value beside
what is shown (`<data value>`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from traffic.page.charts import charts
from traffic.results.figures import Figures
from traffic.results.measures import BY_NAME, Unit
from traffic.results.results import Result
from traffic.results.spreads import STATISTICS, statistic
from traffic.results.summary import Summary
from traffic.results.tables import duration, has_ways, shown, shown_measures


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table; `value` is the exact figure of what is shown."""

    shown: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the first column names the rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


ABSENT = Cell("-")

_GROUP_FIGURES = (
    ("TTFT", "ttft_seconds", ("p50", "p95")),
    ("end to end", "end_to_end_seconds", ("p50", "p95")),
    ("tokens/s server", "reported_tokens_per_second", ("p50",)),
    ("tokens/s here", "seen_tokens_per_second", ("p50",)),
)


def page_of(result: Result) -> str:
    """The page of a result."""
    environment = Environment(
        loader=PackageLoader("traffic.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html").render(
        title=f"{result.plan.preset}, {', '.join(result.plan.models)}",
        style=environment.get_template("page.css").render(),
        result=result,
        facts=list(_facts(result)),
        objectives=_objectives(result),
        measures=_measures(result),
        charts=charts(result.attempts, result.drops, result.summary),
        groups=[table for table in _groups(result) if len(table.rows) > 1],
        details=[
            ("Settings", list(_plain(result.settings))),
            ("Versions", [*_plain(result.versions), *_plain(result.server)]),
            ("Self-check of the generator", list(_plain(result.self_check or {}))),
        ],
    )


def _facts(result: Result) -> Iterator[tuple[str, list[Cell]]]:
    """What stands at the top: name and figures, each with its word."""
    summary = result.summary
    yield "Started", [Cell(result.started_at)]
    plan = result.plan
    yield "Plan", [Cell(f"{plan.preset}, seed {plan.seed}, {plan.sha256}")]
    if plan.repeats:
        yield "Repeats", [Cell(f"{plan.repeats} questions were asked again", plan.repeats)]
    counts = (
        ("ok", summary.ok),
        ("failed", summary.failed),
        ("cancelled", summary.cancelled),
        ("dropped", summary.dropped),
        ("not finished or not sent", summary.unasked or 0),
        ("before them to warm up, in no figure", summary.warm_up),
    )
    yield (
        "Requests",
        [Cell(f"{n} {word}", n) for word, n in counts if n or word in ("ok", "failed")],
    )
    if summary.checked:
        passed = summary.checked - summary.refused
        yield "Checks", [Cell(f"{passed} of {summary.checked} answers satisfy theirs", passed)]
    yield (
        "Tokens",
        [
            Cell(f"{summary.prompt_tokens} prompt", summary.prompt_tokens),
            Cell(f"{summary.generated_tokens} generated", summary.generated_tokens),
        ],
    )
    if summary.kept is not None:
        yield "Kept", [Cell(summary.kept.in_words, summary.kept.requests)]
    yield "Throughput", list(_throughput(summary))
    if (good := summary.goodput) is not None and good.ratio is not None:
        share = f"{100 * good.ratio:.1f} %"
        yield (
            "Goodput",
            [Cell(f"{good.good} of {good.of} meet every objective ({share})", good.good)],
        )
    yield "Duration", [Cell(duration(summary.duration_seconds), summary.duration_seconds)]


def _throughput(summary: Summary) -> Iterator[Cell]:
    for value, unit in (
        (summary.requests_per_second, "requests/s"),
        (summary.generated_tokens_per_second, "tokens/s"),
    ):
        yield ABSENT if value is None else Cell(f"{value:.2f} {unit}", value)


def _objectives(result: Result) -> list[tuple[str, str, Cell, bool]]:
    return [
        (
            one.name,
            one.expected,
            ABSENT if one.found is None else Cell(f"{one.found:.4g}", one.found),
            one.is_met,
        )
        for one in result.objectives
    ]


def _measures(result: Result) -> Table:
    summary = result.summary
    rows = []
    for measure in shown_measures(summary):
        spread = summary.spreads.get(measure.name)
        cells = (
            (ABSENT,) * len(STATISTICS)
            if spread is None
            else tuple(_figure(measure.unit, statistic(spread, name)) for name in STATISTICS)
        )
        count = spread.count if spread else 0
        rows.append((Cell(measure.label), Cell(str(count), count), *cells))
    return Table("Whole answers", ("", "n", *STATISTICS), tuple(rows))


def _groups(result: Result) -> Iterator[Table]:
    summary = result.summary
    yield _group("By category", summary.categories.items())
    yield _group("By model", summary.models.items())
    if has_ways(result.plan.route, summary):
        yield _group("By way", summary.ways.items())
    yield _group("Cold or warm", summary.loads.items())
    yield _group("First turns and later ones", summary.turns.items())


def _group(title: str, groups: Iterable[tuple[str, Figures]]) -> Table:
    columns = (
        *("", "ok", "failed", "cancelled", "dropped", "refused"),
        *(f"{label} {name}" for label, _, names in _GROUP_FIGURES for name in names),
    )
    return Table(title, columns, tuple(_group_row(name, found) for name, found in groups))


def _group_row(name: str, found: Figures) -> tuple[Cell, ...]:
    counts = (found.ok, found.failed, found.cancelled, found.dropped, found.refused)
    cells = [Cell(str(name)), *(Cell(str(count), count) for count in counts)]
    for _, measure, names in _GROUP_FIGURES:
        spread = found.spreads.get(measure)
        cells += [
            ABSENT if spread is None else _figure(BY_NAME[measure].unit, statistic(spread, one))
            for one in names
        ]
    return tuple(cells)


def _figure(unit: Unit, value: float) -> Cell:
    return Cell(shown(unit, value), value)


def _plain(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Names and values of a mapping, those inside another with its name before theirs."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _plain(value, f"{before}{name}.")
        elif isinstance(value, list | tuple):
            yield f"{before}{name}", "; ".join(map(str, value))
        elif value not in (None, ""):
            yield f"{before}{name}", str(value)
