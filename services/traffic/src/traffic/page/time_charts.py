"""Charts of what happened when in a run. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from traffic.page import timelines
from traffic.page.chart import Chart, Run, chart, seconds_axis, span
from traffic.page.plots import Bars, Class, Dots, Line, Mark, linear
from traffic.page.timelines import Bin
from traffic.results.spreads import percentile
from traffic.results.units import duration, rate

MOST_DOTS = 1500
MOST_STEPS = 1500
PLOT_BINS = 60
TABLE_BINS = 12


def ttft(run: Run) -> Chart | None:
    """The time to first token of each answer."""
    points = sorted(
        (attempt.sent - run.began, seconds, attempt.is_cold)
        for attempt in run.whole
        if (seconds := attempt.ttft_seconds) is not None
    )
    if not points:
        return None
    values = [value for _, value, _ in points]
    marks: list[Mark]
    if len(points) <= MOST_DOTS:
        marks = [Dots("warm", [(at, value) for at, value, is_cold in points if not is_cold])]
        cold = [(at, value) for at, value, is_cold in points if is_cold]
        marks += [Dots("cold", cold, "b")] if cold else []
    else:
        marks = list(_medians(run, points))
    spread = run.summary.spreads["ttft_seconds"]
    text = (
        f"Time to first token of {len(values)} answers, by when they were sent: half within"
        f" {duration(spread.p50)}, 95 % within {duration(spread.p95)}."
    )
    rows = tuple(
        (span(part), str(len(some)), *(duration(percentile(some, q)) for q in (0.5, 0.95, 1.0)))
        for part, some in _binned(run, points, TABLE_BINS)
        if some
    )
    y = seconds_axis(values, "TTFT")
    return chart(
        ("ttft", "Time to first token", text),
        (run.time_axis(), y),
        marks,
        (("seconds of the run", "answers", "p50", "p95", "max"), rows),
    )


def _medians(run: Run, points: Sequence[tuple[float, float, bool]]) -> Iterator[Mark]:
    """Too many for dots: the median and the 95th percentile of each part of the time."""
    parts = [(part, some) for part, some in _binned(run, points, PLOT_BINS) if some]
    kinds: tuple[tuple[str, float, Class], ...] = (("p50", 0.5, "a"), ("p95", 0.95, "b"))
    for label, share, kind in kinds:
        yield Line(
            label,
            [((part.begin + part.end) / 2, percentile(some, share)) for part, some in parts],
            kind,
        )


def _binned(
    run: Run, points: Sequence[tuple[float, float, bool]], count: int
) -> list[tuple[Bin, list[float]]]:
    parts = run.bins(count)
    found: list[list[float]] = [[] for _ in parts]
    for at, value, _ in points:
        found[timelines.place(at, parts)].append(value)
    return list(zip(parts, found, strict=True))


def in_flight(run: Run) -> Chart:
    """How many requests were in flight."""
    steps = timelines.in_flight(run.measured, run.began)
    highest = max(count for _, count in steps)
    points = [(at, float(count)) for at, count in steps]
    if len(steps) > MOST_STEPS:
        parts = run.bins(PLOT_BINS)
        most = timelines.most(steps, parts)
        points = [(part.begin, float(n)) for part, n in zip(parts, most, strict=True)]
    table = run.bins(TABLE_BINS)
    rows = tuple(
        (span(part), str(n)) for part, n in zip(table, timelines.most(steps, table), strict=True)
    )
    return chart(
        ("in-flight", "Requests in flight", f"Never more than {highest} at once."),
        (
            run.time_axis(),
            linear(0.0, highest, lambda value: f"{value:g}", "requests", is_whole=True),
        ),
        [Line("in flight", points, is_step=True)],
        (("seconds of the run", "most in flight"), rows),
    )


def tokens(run: Run) -> Chart | None:
    """Tokens a second of all answers together."""
    parts, table = run.bins(PLOT_BINS), run.bins(TABLE_BINS)
    rates = timelines.tokens(run.measured, run.began, parts)
    if not any(rates):
        return None
    points = [(part.begin, value) for part, value in zip(parts, rates, strict=True)]
    points.append((parts[-1].end, rates[-1]))
    rows = tuple(
        (span(part), rate(value))
        for part, value in zip(table, timelines.tokens(run.measured, run.began, table), strict=True)
    )
    text = (
        f"{run.summary.generated_tokens} tokens of all answers together; each answer's are spread"
        " evenly from its first piece to its last."
    )
    return chart(
        ("tokens", "Tokens a second, all answers together", text),
        (run.time_axis(), linear(0.0, max(rates), lambda value: f"{value:g}", "tokens/s")),
        [Line("tokens/s", points, is_step=True)],
        (("seconds of the run", "tokens/s"), rows),
    )


def failures(run: Run) -> Chart | None:
    """What failed, was cancelled or dropped, if anything was."""
    found = {
        "failed": [timelines.ended(it) - run.began for it in run.measured if it.error],
        "cancelled": [timelines.ended(it) - run.began for it in run.measured if it.is_cancelled],
        "dropped": [drop.at_seconds for drop in run.drops for _ in range(drop.requests)],
    }
    if not any(found.values()):
        return None
    highest, marks = _stacked(found, run.bins(PLOT_BINS // 2))
    table = run.bins(TABLE_BINS)
    rows = zip(table, *(_counted(instants, table) for instants in found.values()), strict=True)
    return chart(
        (
            "failures",
            "Failed, cancelled, dropped",
            ", ".join(f"{len(instants)} {name}" for name, instants in found.items()) + ".",
        ),
        (
            run.time_axis(),
            linear(0.0, highest, lambda value: f"{value:g}", "requests", is_whole=True),
        ),
        marks,
        (
            ("seconds of the run", *found),
            tuple((span(part), *map(str, numbers)) for part, *numbers in rows),
        ),
    )


def _stacked(found: Mapping[str, Sequence[float]], parts: Sequence[Bin]) -> tuple[int, list[Mark]]:
    """The columns of each kind upon those of the one before it, and how high they reach."""
    base, marks = [0] * len(parts), list[Mark]()
    kinds: tuple[tuple[str, Class], ...] = (
        ("failed", "bad"),
        ("cancelled", "hollow"),
        ("dropped", "b"),
    )
    for name, kind in kinds:
        counts = _counted(found[name], parts)
        top = [below + count for below, count in zip(base, counts, strict=True)]
        columns = [
            (part.begin, part.end, low, high)
            for part, low, high in zip(parts, base, top, strict=True)
            if high > low
        ]
        marks += [Bars(name, columns, kind)] if columns else []
        base = top
    return max(base), marks


def _counted(instants: Sequence[float], parts: Sequence[Bin]) -> list[int]:
    found = [0] * len(parts)
    for at in instants:
        found[timelines.place(at, parts)] += 1
    return found
