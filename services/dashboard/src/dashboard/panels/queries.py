"""Writes the PromQL that panels have in common. Pure."""

from collections.abc import Callable, Iterable

from dashboard.panels.model import Query, Role, Split

QUANTILES = ((Role.P50, "0.5"), (Role.P95, "0.95"), (Role.P99, "0.99"))
P50_P95 = QUANTILES[:2]


def grown(series: str, window: str = "wide") -> str:
    """How much a counter grew, its beginning included."""
    return f"@{{grown({series}, {window})}}"


def rate(series: str, window: str = "window") -> str:
    """How much a counter grew per second, its beginning included."""
    return f"@{{rate({series}, {window})}}"


def summed(inner: str, *by: str) -> str:
    """The sum, by some labels."""
    return f"sum by ({', '.join(by)}) ({inner})" if by else f"sum({inner})"


def ratio(part: str, whole: str, *by: str) -> str:
    """The share of a part: nothing where there is no whole, 0 where there is no part."""
    whole = summed(whole, *by)
    return f"({summed(part, *by)} or 0 * {whole}) / ({whole} > 0)"


def mean(histogram: str, matchers: str, *by: str, window: str = "wide") -> str:
    """The mean of what a histogram observed; nothing where that was nothing."""
    total, count = (
        summed(grown(f"{histogram}_{part}{{{matchers}}}", window), *by) for part in ("sum", "count")
    )
    return f"{total} / ({count} > 0)"


def quantile(rank: str, histogram: str, matchers: str, *by: str, window: str = "wide") -> str:
    """A quantile of what a histogram observed; NaN, which is a gap, where that was nothing."""
    buckets = grown(f"{histogram}_bucket{{{matchers}}}", window)
    return f"histogram_quantile({rank}, {summed(buckets, 'le', *by)})"


def per_model(
    write: Callable[..., str], name: str = "", role: Role = Role.LINE
) -> tuple[Query, Query]:
    """A query in total, and by model. `write` is given the labels to sum by."""
    return (
        Query(write(), name, role, Split.TOTAL),
        Query(write("model"), f"{{model}} {name}".strip(), role, Split.MODEL),
    )


def parted(series: str, label: str) -> tuple[Query, Query]:
    """The sums of a series by one more label: in total, and by model."""
    return per_model(lambda *by: summed(series, *by, label), f"{{{label}}}")


def by_labels_or_model(series: str, *labels: str) -> tuple[Query, Query]:
    """The sums of a series by labels in total, and by nothing but the model."""
    name = " ".join(f"{{{label}}}" for label in labels)
    return (
        Query(summed(series, *labels), name, split=Split.TOTAL),
        Query(summed(series, "model"), "{model}", split=Split.MODEL),
    )


def quantiles(
    histogram: str,
    matchers: str = "${requests}",
    *by: str,
    name: str = "",
    which: Iterable[tuple[Role, str]] = QUANTILES,
) -> tuple[Query, ...]:
    """Three quantiles, or some of them, in total and by model; by further labels in both."""
    return tuple(
        query
        for role, rank in which
        for query in per_model(
            _of(rank, histogram, matchers, *by), f"{name} {role.value}".strip(), role
        )
    )


def quantiles_by(
    histogram: str,
    matchers: str,
    *by: str,
    name: str = "",
    which: Iterable[tuple[Role, str]] = QUANTILES,
) -> tuple[Query, ...]:
    """Three quantiles, or some of them, of a histogram that has no model."""
    return tuple(
        Query(quantile(rank, histogram, matchers, *by), f"{name} {role.value}".strip(), role)
        for role, rank in which
    )


def objective(number: str, name: str = "objective") -> Query:
    """A dashed line where an objective is."""
    return Query(f"vector({number})", name, Role.THRESHOLD)


def present(series: str, *by: str) -> str:
    """What was there at an instant, or within the step before it: no short stay is missed."""
    return f"max by ({', '.join(by)}) ({series} or max_over_time({series}[${{step}}]))"


def averaged(series: str) -> str:
    """A gauge that is always there, smoothed as rates are: its values between points are in it."""
    return f"avg_over_time({series}[${{window}}])"


def averaged_while_there(series: str, seen: str) -> str:
    """A gauge that comes and goes, smoothed: while it was away it was 0, so that sums are right.

    `seen` is a gauge of the same target that is there whenever this one could be.
    """
    looks = f"max by (instance, job) (count_over_time({seen}[${{window}}]))"
    return f"sum_over_time({series}[${{window}}]) / on (instance, job) group_left () {looks}"


def _of(rank: str, histogram: str, matchers: str, *always: str) -> Callable[..., str]:
    def write(*by: str) -> str:
        return quantile(rank, histogram, matchers, *by, *always)

    return write
