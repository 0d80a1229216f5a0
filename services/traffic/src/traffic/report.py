"""Attempts to the figures of a run: of all, and of each way, category and model. Pure."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from traffic.attempt import Attempt
from traffic.figures import Drop, Figures, figures
from traffic.plan import Plan
from traffic.questions import Category
from traffic.routes import Way

K = TypeVar("K", bound=Hashable)

IsGood = Callable[[Attempt], bool]
"""Whether a whole answer meets the objectives."""


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
    categories: dict[Category, Figures]
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


def summarise(
    plan: Plan,
    attempts: Sequence[Attempt],
    duration_seconds: float,
    drops: Sequence[Drop] = (),
    is_good: IsGood | None = None,
) -> Summary:
    """The figures of `attempts`, which are those of `plan` that ended, and of what was dropped."""
    measured = [attempt for attempt in attempts if not attempt.is_warm_up]
    drops = [one if one.model else replace(one, model=_only_model(plan)) for one in drops]
    total = figures(measured, drops)
    seconds = _span(measured)
    planned = plan.requests
    return Summary(
        **{name: getattr(total, name) for name in Figures.__dataclass_fields__},
        planned_requests=planned,
        unasked=None if planned is None else planned - len(measured) - total.dropped,
        warm_up=len(attempts) - len(measured),
        is_scheduled=_is_scheduled(plan),
        errors=_errors(measured),
        ways=_grouped(measured, lambda it: it.way, Way),
        categories=_grouped(
            measured, lambda it: it.category, Category, _by(drops, lambda it: it.category)
        ),
        models=_models(measured, drops),
        loads=_two(measured, lambda it: "cold" if it.is_cold else "warm"),
        turns=_two(measured, lambda it: "later" if it.turn else "first"),
        goodput=None if is_good is None else _goodput(measured, total.dropped, seconds, is_good),
        duration_seconds=duration_seconds,
        measured_seconds=seconds,
        requests_per_second=_per(total.ok, seconds),
        generated_tokens_per_second=_per(total.generated_tokens, seconds),
    )


def _only_model(plan: Plan) -> str:
    """What a question that names no model asks."""
    return next(iter(plan.models), "")


def _is_scheduled(plan: Plan) -> bool:
    first = next((one for one in plan.stream() if not one.is_warm_up), None)
    return first is not None and first.at_seconds is not None


def _span(measured: Sequence[Attempt]) -> float:
    if not measured:
        return 0.0
    begins = min(attempt.scheduled for attempt in measured)
    return max(attempt.end or attempt.sent for attempt in measured) - begins


def _per(count: int, seconds: float) -> float | None:
    return count / seconds if seconds > 0 else None


def _goodput(measured: Sequence[Attempt], dropped: int, seconds: float, is_good: IsGood) -> Goodput:
    to_answer = [attempt for attempt in measured if not attempt.is_cancelled]
    good = sum(attempt.is_ok and is_good(attempt) for attempt in to_answer)
    return Goodput(good, len(to_answer) + dropped, _per(good, seconds))


def _by(drops: Iterable[Drop], key: Callable[[Drop], K]) -> dict[K, list[Drop]]:
    found: dict[K, list[Drop]] = {}
    for drop in drops:
        found.setdefault(key(drop), []).append(drop)
    return found


def _grouped(
    measured: Iterable[Attempt],
    key: Callable[[Attempt], K],
    order: Iterable[K],
    drops: Mapping[K, Sequence[Drop]] | None = None,
) -> dict[K, Figures]:
    found: dict[K, list[Attempt]] = {}
    for attempt in measured:
        found.setdefault(key(attempt), []).append(attempt)
    dropped = drops or {}
    return {
        one: figures(found.get(one, ()), dropped.get(one, ()))
        for one in order
        if one in found or one in dropped
    }


def _models(measured: Sequence[Attempt], drops: Sequence[Drop]) -> dict[str, Figures]:
    dropped = _by(drops, lambda it: it.model)
    names = sorted({attempt.model for attempt in measured} | set(dropped))
    return _grouped(measured, lambda it: it.model, names, dropped)


def _two(measured: Sequence[Attempt], key: Callable[[Attempt], str]) -> dict[str, Figures]:
    """Two groups, or none where all are in one."""
    found = _grouped(measured, key, ("cold", "warm", "first", "later"))
    return found if len(found) > 1 else {}


def _errors(attempts: Sequence[Attempt]) -> tuple[ErrorGroup, ...]:
    counts = Counter(attempt.error for attempt in attempts if attempt.error is not None)
    first = {attempt.error: attempt.detail for attempt in reversed(attempts)}
    return tuple(ErrorGroup(kind, count, first[kind]) for kind, count in counts.most_common())
