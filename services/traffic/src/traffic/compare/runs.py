"""Two runs against each other: how much a measure changed, and whether that may be chance. Pure.

A change is worse when its whole interval is beyond the tolerance; a shift that a repetition of
the same run could show is no difference.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from traffic.compare.bootstrap import RESAMPLES, Draw, Interval, draws, interval
from traffic.compare.comparability import warnings_of
from traffic.compare.subjects import SUBJECTS, Subject, sample
from traffic.refusals import RefusedError
from traffic.request.attempt import Attempt
from traffic.results.results import Result
from traffic.results.units import Unit

DEFAULT_TOLERANCE = 0.05

Key = tuple[int, str, str]
"""Which question of a plan, and by which way: the same in every run of it."""


class Change(StrEnum):
    """What became of a measure."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no difference"


class NotComparableError(RefusedError):
    """Two results have nothing to compare; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of both runs, and the difference, new minus base, with its interval of 95 %.

    Relative ones are shares of the base's figure; None where that is 0, and of ratios, which are
    judged by their difference, without a tolerance.
    """

    label: str
    statistic: str
    unit: Unit
    base: float
    new: float
    difference: float
    interval: Interval
    relative: float | None
    relative_interval: Interval | None
    change: Change


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs. `pairs`: questions that both asked, or None where the runs are taken apart."""

    rows: tuple[Row, ...]
    warnings: tuple[str, ...]
    tolerance: float
    pairs: int | None

    @property
    def exit_code(self) -> int:
        """1 where something is worse."""
        return int(any(row.change is Change.WORSE for row in self.rows))


def parse_tolerance(text: str) -> float:
    """`5%` or `0.05` as a share. Raises: ValueError."""
    number, is_percent = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        share = float(number) / (100 if is_percent else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise ValueError(f"expected a tolerance like 5% or 0.05, found {text!r}")
    return share


def compare_runs(
    base: Result,
    new: Result,
    tolerance: float = DEFAULT_TOLERANCE,
    seed: int = 1,
    resamples: int = RESAMPLES,
) -> RunComparison:
    """The differences of two runs. Raises: NotComparableError."""
    before, after = (_by_unit(name, run) for name, run in (("first", base), ("second", new)))
    pairs = None
    if base.plan.sha256 == new.plan.sha256:
        common = before.keys() & after.keys()
        # sorted, so that a seed draws the same whatever order a set has
        before, after = ({key: units[key] for key in sorted(common)} for units in (before, after))
        pairs = len(common)
        if not pairs:
            raise NotComparableError("the runs have the same plan, and no question that both asked")
    units = list(before.values()), list(after.values())
    drawn = _drawn(len(before), len(after), pairs is not None, f"{seed}", resamples)
    rows = _rows(*units, drawn, tolerance)
    warnings = warnings_of(base, new, min(len(before), len(after)))
    return RunComparison(rows, warnings, tolerance, pairs)


def _by_unit(name: str, result: Result) -> dict[Key, list[Attempt]]:
    """The measured requests of each question: the turns of a conversation hang together."""
    found: dict[Key, list[Attempt]] = {}
    for attempt in result.attempts:
        if not attempt.is_warm_up:
            key = (attempt.index, attempt.question_id, attempt.route)
            found.setdefault(key, []).append(attempt)
    if not any(attempt.is_ok for attempts in found.values() for attempt in attempts):
        raise NotComparableError(f"the {name} run has no whole answer")
    return found


Figures = tuple[float, ...]


def _rows(
    before: Sequence[Sequence[Attempt]],
    after: Sequence[Sequence[Attempt]],
    both: Iterable[tuple[Draw, Draw]],
    tolerance: float,
) -> tuple[Row, ...]:
    samples = [(one, sample(one, before), sample(one, after)) for one in SUBJECTS]
    every = [1] * len(before), [1] * len(after)
    shown = [
        (subject, old, new, (was, now), list[tuple[Figures, Figures]]())
        for subject, old, new in samples
        if (was := old(every[0])) and (now := new(every[1]))
    ]
    for first, second in both:
        for _, old, new, _, drawn in shown:
            if (one := old(first)) and (other := new(second)):
                drawn.append((one, other))
    return tuple(
        _row(subject, number, found, drawn, tolerance)
        for subject, _, _, found, drawn in shown
        for number in range(len(subject.statistics))
    )


def _drawn(
    before: int, after: int, is_paired: bool, seed: str, count: int
) -> Iterator[tuple[Draw, Draw]]:
    """Both runs drawn: the same questions where they are pairs, else each on its own."""
    if is_paired:
        return ((draw, draw) for draw in draws(before, f"{seed}:both", count))
    first, second = (draws(n, f"{seed}:{n_th}", count) for n, n_th in ((before, 1), (after, 2)))
    return zip(first, second, strict=True)


def _row(
    subject: Subject,
    number: int,
    found: tuple[Figures, Figures],
    drawn: Sequence[tuple[Figures, Figures]],
    tolerance: float,
) -> Row:
    base, new = (figures[number] for figures in found)
    pairs = [(old[number], now[number]) for old, now in drawn]
    absolute = interval([now - old for old, now in pairs])
    ratios = [(now - old) / old for old, now in pairs if old > 0]
    is_relative = subject.unit != "ratio" and base > 0 and bool(ratios)
    relative = interval(ratios) if is_relative else None
    return Row(
        subject.label,
        subject.statistics[number],
        subject.unit,
        base,
        new,
        new - base,
        absolute,
        (new - base) / base if is_relative else None,
        relative,
        _change(relative or absolute, tolerance if is_relative else 0.0, subject.is_lower_better),
    )


def _change(judged: Interval, tolerance: float, is_lower_better: bool) -> Change:
    if judged.low > tolerance:
        return Change.WORSE if is_lower_better else Change.BETTER
    if judged.high < -tolerance:
        return Change.BETTER if is_lower_better else Change.WORSE
    return Change.NO_DIFFERENCE
