"""What docs/MIGRATION.md says became of each name of llama-metrics, as data."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from stack.places import REPOSITORY
from tests.rules import PROMETHEUS
from tests.tables import Row, rows

DOCUMENT = REPOSITORY / "docs" / "MIGRATION.md"
RULES = PROMETHEUS / "llama-metrics.yml"
KEPT, BY_RULE, GONE = "as it is", "by rule", "gone"

_PASSAGE = re.compile(r"<!-- checked: (\w+) -->\n\n(.*?)\n\n<!-- end -->", re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_SUFFIX = re.compile(r"_(?:bucket|sum|count)$")


@dataclass(frozen=True, slots=True)
class Old:
    """A metric as it was: its name, and the labels that it ever had."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the metrics' tables."""

    olds: tuple[Old, ...]
    state: str
    expressions: tuple[str, ...]
    difference: str


def code_in(cell: str) -> list[str]:
    """What stands between backticks."""
    return _CODE.findall(cell)


@cache
def tables(name: str) -> Sequence[Row]:
    """The rows of all tables of a name, without their heads."""
    found = [text for kind, text in _PASSAGE.findall(DOCUMENT.read_text("utf-8")) if kind == name]
    return [row for text in found for row in rows(text)]


@cache
def moves() -> Sequence[Move]:
    """What became of each metric."""
    return [
        Move(tuple(map(_old, code_in(then))), state, tuple(code_in(now)), difference)
        for then, state, now, difference in tables("metrics")
    ]


def _old(text: str) -> Old:
    name, _, labels = text.rstrip("}").partition("{")
    return Old(name, tuple(labels.split(",")) if labels else ())


def expressions() -> list[str]:
    """Every expression that stands for an old metric, each once."""
    return list(dict.fromkeys(expr for move in moves() for expr in move.expressions))


@cache
def recorded() -> Sequence[dict[str, Any]]:
    """The rules that bring old names back."""
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def family(series: str) -> str:
    """The metric that a recorded series is of: of a histogram with buckets, without its suffix."""
    name = _SUFFIX.sub("", series)
    is_histogram = any(rule["record"] == f"{name}_bucket" for rule in recorded())
    return name if is_histogram else series
