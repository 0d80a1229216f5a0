"""A result as one page that needs nothing else: no network, no script. Pure but for its template.

What is filled in is escaped by the template engine. Every figure carries its exact value beside
what is shown (`<data value>`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from traffic.page.gallery import gallery
from traffic.results import units
from traffic.results.facts import Cell, Fact, facts, has_ways
from traffic.results.figures import Figures
from traffic.results.measures import BY_NAME
from traffic.results.results import Result
from traffic.results.spreads import STATISTICS, Spread, statistic


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the first column names the rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


ABSENT = Cell(units.ABSENT)

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
        charts=gallery(result.attempts, result.drops, result.summary),
        groups=[table for table in _groups(result) if len(table.rows) > 1],
        details=[
            ("Plan", list(_plain(msgspec.structs.asdict(result.plan)))),
            ("Settings", list(_plain(result.settings))),
            ("Versions", [*_plain(result.versions), *_plain(result.server)]),
            ("Self-check of the generator", list(_plain(result.self_check or {}))),
        ],
    )


def _facts(result: Result) -> Iterator[Fact]:
    yield Fact("Started", (Cell(result.started_at),))
    yield from facts(result.plan, result.summary, result.note)


def _objectives(result: Result) -> list[tuple[str, str, Cell, bool]]:
    return [
        (
            one.name,
            one.expected,
            ABSENT if one.found is None else Cell(units.four_digits(one.found), one.found),
            one.is_met,
        )
        for one in result.objectives
    ]


def _measures(result: Result) -> Table:
    rows = []
    for measure in result.summary.shown_measures:
        spread = result.summary.spreads.get(measure.name)
        count = spread.count if spread else 0
        figures = _figures(measure.unit, spread, STATISTICS)
        rows.append((Cell(measure.label), Cell(str(count), count), *figures))
    for label, measure, of_hits in result.summary.shown_of_hits:
        figures = _figures(measure.unit, of_hits, STATISTICS)
        rows.append((Cell(label), Cell(str(of_hits.count), of_hits.count), *figures))
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
    for _, name_of, names in _GROUP_FIGURES:
        cells += _figures(BY_NAME[name_of].unit, found.spreads.get(name_of), names)
    return tuple(cells)


def _figures(unit: units.Unit, spread: Spread | None, names: Iterable[str]) -> Iterator[Cell]:
    for name in names:
        if spread is None:
            yield ABSENT
        else:
            value = statistic(spread, name)
            yield Cell(units.shown(unit, value), value)


def _plain(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Names and values of a mapping, those inside another with its name before theirs."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _plain(value, f"{before}{name}.")
        elif isinstance(value, list | tuple):
            yield f"{before}{name}", "; ".join(map(str, value))
        elif value not in (None, ""):
            yield f"{before}{name}", str(value)
