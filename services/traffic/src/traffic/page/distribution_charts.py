"""Charts of how long things took, whenever they did: shares of answers, and gaps. Pure."""

import math
from collections.abc import Callable, Sequence

from traffic.page.chart import Chart, Run, chart, positive_ends
from traffic.page.plots import Bars, Class, Line, linear, logarithmic
from traffic.request.attempt import Attempt
from traffic.results.spreads import of_sorted
from traffic.results.units import duration, tick

BINS_A_DECADE = 8
CURVE_POINTS = 200


def curves(run: Run) -> Chart | None:
    """Which share of the answers came within which time."""
    kinds: tuple[tuple[str, Class, Callable[[Attempt], float | None]], ...] = (
        ("TTFT", "a", lambda it: it.ttft_seconds),
        ("end to end", "b", lambda it: it.end_to_end_seconds),
    )
    found = {
        label: (kind, sorted(value for it in run.whole if (value := measure(it)) is not None))
        for label, kind, measure in kinds
    }
    marks = [
        Line(label, _curve(values), kind, is_step=True)
        for label, (kind, values) in found.items()
        if values
    ]
    if not marks:
        return None
    every = [value for _, values in found.values() for value in values]
    shares = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
    rows = tuple(
        (f"{100 * share:g} %", *(_quantile(values, share) for _, values in found.values()))
        for share in shares
    )
    x = logarithmic(*positive_ends(every), tick, "at most so long")
    return chart(
        (
            "curves",
            "How many answers came within which time",
            "The share of the whole answers whose first token, and whose end, came within a time.",
        ),
        (x, linear(0.0, 100.0, lambda value: f"{value:g} %", "answers")),
        marks,
        (("answers", "TTFT within", "end to end within"), rows),
    )


def _curve(ordered: Sequence[float]) -> list[tuple[float, float]]:
    """The steps of the share, or so many of them that the eye misses none."""
    count = len(ordered)
    places = sorted({math.ceil(count * n / CURVE_POINTS) for n in range(1, CURVE_POINTS + 1)})
    return [(ordered[0], 0.0), *((ordered[at - 1], 100.0 * at / count) for at in places)]


def _quantile(ordered: Sequence[float], share: float) -> str:
    return duration(of_sorted(ordered, share)) if ordered else "-"


def gaps(run: Run) -> Chart | None:
    """How many gaps of all streams were how long."""
    every = [gap for attempt in run.whole for gap in attempt.gaps_seconds]
    if not every:
        return None
    low, high = positive_ends(every)
    first = math.floor(math.log10(low) * BINS_A_DECADE)
    last = max(math.ceil(math.log10(high) * BINS_A_DECADE), first + 1)
    counts = [0] * (last - first)
    for gap in every:
        at = math.floor(math.log10(max(gap, low)) * BINS_A_DECADE) - first
        counts[min(at, len(counts) - 1)] += 1
    edges = [10 ** ((first + number) / BINS_A_DECADE) for number in range(len(counts) + 1)]
    shares = [100 * count / len(every) for count in counts]
    columns = [
        (edges[number], edges[number + 1], 0.0, share) for number, share in enumerate(shares)
    ]
    at_once = sum(gap < low for gap in every)
    text = (
        f"{len(every)} gaps between the pieces of {len(run.whole)} answers, on a logarithmic scale"
    )
    text += f"; the first column holds {at_once} that came at once." if at_once else "."
    rows = tuple(
        (f"{duration(begin)} to {duration(end)}", str(count))
        for begin, end, count in zip(edges, edges[1:], counts, strict=False)
        if count
    )
    return chart(
        ("gaps", "Gaps between pieces", text),
        (
            logarithmic(edges[0], edges[-1], tick, "gap"),
            linear(0.0, max(shares), lambda value: f"{value:g} %", "gaps"),
        ),
        [Bars("gaps", columns)],
        (("gap", "count"), rows),
    )
