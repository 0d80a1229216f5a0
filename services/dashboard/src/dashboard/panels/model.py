"""What a panel is: a title that asks something, and the PromQL that answers it.

An expression has these places, which expressions.py fills:

| place | becomes |
| --- | --- |
| `${models}` | matchers of the wanted models, for series with `model` and without `routing` |
| `${requests}` | matchers of the wanted models and the wanted routing |
| `${routings}` | matchers of the wanted routing, for series without `model` |
| `${window}` | the range of a rate: four scrapes, or the step where that is longer |
| `${wide}` | the range of quantiles, shares and counts: 20 steps, but at most five minutes, or |
| | the step where that is longer |
| `${step}` | the distance of two points |
| `${slo_...}` | an objective, as a number |
| `@{grown(SERIES, wide)}` | how much a counter grew in `window`, `wide` or `5m`, its beginning |
| | included |
| `@{rate(SERIES, window)}` | the same per second |

Matchers stand within braces, after others: `{type="output",${requests}}`. A labelled counter
begins with what it first counted, which increase() and rate() take for where it always was: `grown`
and `rate` in at-braces see it, as in prometheus/templates. Shape: a query's result is a matrix;
each of its series is a line, a band, a bucket or a bar of the panel.
"""

from enum import StrEnum

import msgspec


class Unit(StrEnum):
    """What the values are; base units, which the page shows as people read them."""

    SECONDS = "seconds"
    TOKENS = "tokens"
    TOKENS_PER_SECOND = "tokens/s"
    REQUESTS = "requests"
    REQUESTS_PER_SECOND = "requests/s"
    RATIO = "ratio"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes/s"
    WATTS = "watts"
    CELSIUS = "celsius"
    HERTZ = "hertz"
    JOULES_PER_TOKEN = "joules/token"
    MONEY = "money"
    """In the currency of the label `currency`."""
    GRAMS = "grams"
    COUNT = "count"


class Kind(StrEnum):
    """How it is drawn."""

    LINES = "lines"
    STACKED = "stacked"
    """Series that add up to something."""
    HEAT = "heat"
    """Buckets of a histogram: the label `le` is a bucket's upper edge, values are cumulative
    increases over `${window}`, which is longer than a step where steps are short."""
    GANTT = "gantt"
    """One row a model; a bar where its series has values. Roles say what else a row shows."""
    TILE = "tile"
    """One large number with a line of the last quarter of an hour."""
    MARKS = "marks"
    """Not drawn: where it rises above 0, every panel has a mark."""


class Role(StrEnum):
    """What a query's series are among the panel's."""

    LINE = "line"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"
    THRESHOLD = "threshold"
    """A dashed line with a word."""
    MEMORY = "memory"
    """Of a Gantt: bytes that a loaded model takes."""
    SPILL = "spill"
    """Of a Gantt: the bytes of it that are on no GPU."""
    EXPIRY = "expiry"
    """Of a Gantt: when it will be unloaded, as Unix time."""


class Split(StrEnum):
    """In which of the two views a query is asked."""

    BOTH = "both"
    TOTAL = "total"
    MODEL = "model"


class Query(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a panel. `name` is its legend, with labels in braces: `{model} p95`."""

    expr: str
    name: str = ""
    role: Role = Role.LINE
    split: Split = Split.BOTH


class Group(msgspec.Struct, frozen=True):
    """Panels that belong together. `id` is in addresses, `title` is a question."""

    id: str
    title: str


class Panel(msgspec.Struct, frozen=True, omit_defaults=True):
    """A panel. `absent` says why there may be no data, `help` what it shows and by which clock."""

    id: str
    group: str
    title: str
    unit: Unit
    queries: tuple[Query, ...]
    absent: str
    help: str = ""
    kind: Kind = Kind.LINES
    is_logarithmic: bool = False
    most: float | None = None
    """The upper end of the axis, where values cannot be above it."""
    instead_of: str = ""
    """The panel in whose place it is shown while that one has no data; else it is not shown."""

    def asked(self, by_model: bool) -> tuple[int, ...]:
        """The places of the queries that a view has."""
        unwanted = Split.TOTAL if by_model else Split.MODEL
        return tuple(n for n, query in enumerate(self.queries) if query.split is not unwanted)
