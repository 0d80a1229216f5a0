"""Attempts to the figures of a run: of all, and of each way, category and model. Pure."""

from collections.abc import Hashable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TypeVar

from traffic.bank.questions import Category, Fixture
from traffic.plan.plan import Plan
from traffic.request.attempt import Attempt
from traffic.request.routes import Way
from traffic.results.drops import Drop
from traffic.results.figures import Figures, figures
from traffic.results.measures import BY_NAME, MEASURES, Measure
from traffic.results.spreads import Spread
from traffic.results.totals import GROUPS, IsGood, Totals
from traffic.results.units import counted

K = TypeVar("K", bound=Hashable)

ALWAYS_SHOWN = ("ttft_seconds", "end_to_end_seconds")


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Failures of one kind, with what was said about the first."""

    kind: str
    count: int
    detail: str


@dataclass(frozen=True, slots=True)
class Goodput:
    """Requests that meet every objective, of all that were to be answered."""

    good: int
    of: int
    per_second: float | None

    @property
    def ratio(self) -> float | None:
        """The share; None where nothing was to be answered."""
        return self.good / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Kept:
    """Which requests the percentiles and the records are of, where not all of them are kept.

    `requests` measured ones, the first of which was due `since_seconds` after the first of all.
    """

    requests: int
    since_seconds: float

    @property
    def in_words(self) -> str:
        """Which figures are of which requests."""
        return (
            f"the last {counted(self.requests, 'request')}, from {self.since_seconds:.0f} s on:"
            " percentiles are of them, counts of all"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Figures):
    """What a whole run came to.

    Groups with one member alone are empty, but for the ways, categories and models. Rates are over
    `measured_seconds`, from when the first measured request was due to the end of the last.
    """

    planned_requests: int | None
    unasked: int | None
    """Planned, but interrupted, or after a turn without a whole answer; None without an end."""
    warm_up: int
    is_scheduled: bool
    errors: tuple[ErrorGroup, ...]
    ways: dict[Way, Figures]
    """In the order of `Way`, without those that no request took."""
    categories: dict[str, Figures]
    models: dict[str, Figures]
    loads: dict[str, Figures]
    """Cold ones, whose model was unloaded before, against warm ones."""
    turns: dict[str, Figures]
    """First turns against later ones, whose conversation the server may have kept."""
    goodput: Goodput | None
    duration_seconds: float
    measured_seconds: float
    requests_per_second: float | None
    generated_tokens_per_second: float | None
    hit_spreads: dict[str, Spread] = field(default_factory=dict)
    """Of the answers of a cache: what `spreads` are of those of the model."""
    kept: Kept | None = None
    """None where all requests are kept: the spreads are of all."""

    @property
    def shown_measures(self) -> list[Measure]:
        """What has values, and where there is no schedule, nothing that is taken from it.

        TTFT and the end are named also where nothing is: a run without an answer says so.
        """
        return [
            measure
            for measure in MEASURES
            if (measure.name in self.spreads or measure.name in ALWAYS_SHOWN)
            and (self.is_scheduled or not measure.is_by_schedule)
        ]

    @property
    def shown_of_hits(self) -> list[tuple[str, Measure, Spread]]:
        """What is shown of the answers of a cache: label, measure and values; empty without any."""
        return [
            (f"{BY_NAME[name].label}, of hits", BY_NAME[name], self.hit_spreads[name])
            for name in ALWAYS_SHOWN
            if name in self.hit_spreads
        ]


def summarise(
    plan: Plan,
    attempts: Sequence[Attempt],
    duration_seconds: float,
    drops: Sequence[Drop] = (),
    is_good: IsGood | None = None,
    past: Totals | None = None,
) -> Summary:
    """The figures of `attempts`, which are those of `plan` that ended, and of what was dropped.

    `past` counts what came before them and was not kept.
    """
    measured = [attempt for attempt in attempts if not attempt.is_warm_up]
    drops = [one if one.model else replace(one, model=_only_model(plan)) for one in drops]
    totals = _totals(attempts, drops, Totals(is_good) if past is None else deepcopy(past))
    total, planned = figures(measured, totals.all), plan.requests
    return Summary(
        **{name: getattr(total, name) for name in Figures.__dataclass_fields__},
        planned_requests=planned,
        unasked=None if planned is None else planned - totals.measured - total.dropped,
        warm_up=totals.warm_up,
        is_scheduled=_is_scheduled(plan),
        errors=_errors(totals),
        ways=_grouped("ways", measured, totals, Way),
        categories=_grouped("categories", measured, totals, (*Category, *Fixture)),
        models=_grouped("models", measured, totals, sorted(map(str, totals.groups["models"]))),
        loads=_two("loads", measured, totals),
        turns=_two("turns", measured, totals),
        goodput=None if is_good is None else _goodput(totals),
        duration_seconds=duration_seconds,
        measured_seconds=totals.seconds,
        requests_per_second=_per(total.ok, totals.seconds),
        generated_tokens_per_second=_per(total.generated_tokens, totals.seconds),
        hit_spreads=figures(measured, totals.all, of_hits=True).spreads,
        kept=None if past is None else _kept(measured, totals),
    )


def _totals(attempts: Iterable[Attempt], drops: Iterable[Drop], totals: Totals) -> Totals:
    for attempt in attempts:
        totals.add(attempt)
    for drop in drops:
        totals.drop(drop)
    return totals


def _kept(measured: Sequence[Attempt], totals: Totals) -> Kept:
    begins = min((attempt.scheduled for attempt in measured), default=totals.ends)
    return Kept(len(measured), max(0.0, begins - totals.begins) if totals.measured else 0.0)


def _only_model(plan: Plan) -> str:
    """What a question that names no model asks."""
    return next(iter(plan.models), "")


def _is_scheduled(plan: Plan) -> bool:
    first = next((one for one in plan.stream() if not one.is_warm_up), None)
    return first is not None and first.at_seconds is not None


def _per(count: int, seconds: float) -> float | None:
    return count / seconds if seconds > 0 else None


def _goodput(totals: Totals) -> Goodput:
    to_answer = totals.all.ok + totals.all.failed + totals.all.dropped
    return Goodput(totals.good, to_answer, _per(totals.good, totals.seconds))


def _grouped(
    name: str, measured: Iterable[Attempt], totals: Totals, order: Iterable[K]
) -> dict[K, Figures]:
    """The figures of each group that there is, in this order."""
    found: dict[Hashable, list[Attempt]] = {}
    for attempt in measured:
        found.setdefault(GROUPS[name](attempt), []).append(attempt)
    counts = totals.groups[name]
    return {
        one: figures(found.get(one, ()), counts[one], of_hits=one is Way.CACHE)
        for one in order
        if one in counts
    }


def _two(name: str, measured: Sequence[Attempt], totals: Totals) -> dict[str, Figures]:
    """Two groups, or none where all are in one."""
    found = _grouped(name, measured, totals, ("cold", "warm", "first", "later"))
    return found if len(found) > 1 else {}


def _errors(totals: Totals) -> tuple[ErrorGroup, ...]:
    groups = (ErrorGroup(kind, it.count, it.detail) for kind, it in totals.errors.items())
    return tuple(sorted(groups, key=lambda it: -it.count))
