"""Reads PromQL as far as our rules use it: what an expression names, and which labels it leaves.

What Prometheus would take without a word is refused: a label that a series does not have matches
nothing, and two sides without the same labels never meet.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Labels = frozenset[str]
LabelsOf = Callable[[str], Labels]
"""The labels of a series, by its name. Raises: PromqlError where there is no such series."""

_DURATION = r"\d+(?:ms|[smhdwy])\b"
_TOKEN = re.compile(
    r'\s*(?P<token>"(?:[^"\\]|\\.)*"|'
    rf"{_DURATION}|[0-9.]+(?:e[+-]?\d+)?|[A-Za-z_][\w:]*|=~|!~|[=!<>]=|[-+*/%^<>(){{}}\[\],:=])"
)
_PRECEDENCE = {
    "or": 1,
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys(("==", "!=", "<=", ">=", "<", ">"), 3),
    **dict.fromkeys("+-", 4),
    **dict.fromkeys("*/%", 5),
    "^": 6,
}
_AGGREGATIONS = ("sum", "min", "max", "avg", "count")
_KEEP_LABELS = (
    *("rate", "increase", "round", "clamp_max", "clamp_min"),
    *("sum_over_time", "max_over_time", "avg_over_time", "count_over_time", "last_over_time"),
)
_NONE: Labels = frozenset()


class PromqlError(ValueError):
    """An expression that means nothing, or not what it seems to."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """`label op "value"`, between a selector's braces."""

    label: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """A series that is named, with what is asked of its labels."""

    name: str
    matchers: tuple[Matcher, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """What was read. `labels` are those that the result may have; None: it is a number."""

    selectors: tuple[Selector, ...]
    labels: Labels | None


def read(text: str, labels_of: LabelsOf) -> Expression:
    """Read an expression. Raises: PromqlError."""
    reader = _Reader(text, labels_of)
    labels = reader.expression()
    if reader.peek():
        raise PromqlError(f"expected the end, found {reader.peek()!r} in {text!r}")
    return Expression(tuple(reader.selectors), labels)


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise PromqlError(f"no PromQL that is known here: {text[at : at + 20]!r}")
        found.append(match["token"])
        at = match.end()
    return found


@dataclass(slots=True)
class _Matching:
    """What stands between an operator and its right side."""

    on: Labels | None = None
    ignoring: Labels = _NONE
    included: Labels | None = None
    """The labels of group_left; None without one."""


class _Reader:
    def __init__(self, text: str, labels_of: LabelsOf) -> None:
        self._tokens = _tokens(text)
        self._labels_of = labels_of
        self.selectors: list[Selector] = []

    def peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, *expected: str) -> str:
        if not self._tokens or (expected and self._tokens[0] not in expected):
            raise PromqlError(f"expected {expected or 'more'}, found {self._tokens[:5]}")
        return self._tokens.pop(0)

    def _taken(self, token: str) -> bool:
        return self.peek() == token and bool(self._take(token))

    def expression(self, weakest: int = 1) -> Labels | None:
        left = self._operand()
        while (precedence := _PRECEDENCE.get(self.peek(), 0)) >= weakest:
            operator = self._take()
            matching = self._matching()
            right = self.expression(precedence + 1)
            left = _joined(operator, left, right, matching)
        return left

    def _matching(self) -> _Matching:
        matching = _Matching()
        self._taken("bool")
        if self._taken("on"):
            matching.on = self._names()
        elif self._taken("ignoring"):
            matching.ignoring = self._names()
        if self._taken("group_left"):
            matching.included = self._names() if self.peek() == "(" else _NONE
        return matching

    def _names(self) -> Labels:
        self._take("(")
        names = set()
        while not self._taken(")"):
            names.add(self._take())
            self._taken(",")
        return frozenset(names)

    def _operand(self) -> Labels | None:
        token = self._take()
        if token == "-":
            return self._operand()
        if token == "(":
            labels = self.expression()
            self._take(")")
        elif token[0].isdigit():
            return None
        elif token in _AGGREGATIONS:
            labels = self._aggregation()
        elif self.peek() == "(":
            labels = self._call(token)
        else:
            labels = self._selector(token)
        self._range()
        return labels

    def _range(self) -> None:
        if self._taken("["):
            self._take()
            if self._taken(":"):
                self._take()
            self._take("]")
        if self._taken("offset"):
            self._take()

    def _aggregation(self) -> Labels:
        by = self._names() if self._taken("by") else _NONE
        self._take("(")
        labels = self.expression()
        self._take(")")
        return _subset(by, labels, "by")

    def _call(self, function: str) -> Labels | None:
        self._take("(")
        arguments: list[Labels | None] = []
        while not self._taken(")"):
            arguments.append(self.expression())
            self._taken(",")
        if function == "time":
            return None
        if function in ("vector", "absent"):
            return _NONE
        if function == "histogram_quantile":
            labels = arguments[1] or _NONE
            return labels - _subset(frozenset({"le"}), labels, function)
        if function not in _KEEP_LABELS:
            raise PromqlError(f"{function} is not known here")
        return arguments[0]

    def _selector(self, name: str) -> Labels:
        labels = self._labels_of(name)
        matchers = []
        if self._taken("{"):
            while not self._taken("}"):
                matchers.append(Matcher(self._take(), self._take(), self._take().strip('"')))
                self._taken(",")
        _subset(frozenset(one.label for one in matchers), labels, name)
        self.selectors.append(Selector(name, tuple(matchers)))
        return labels


def _subset(part: Labels, whole: Labels | None, where: str) -> Labels:
    if not part <= (whole or _NONE):
        raise PromqlError(f"{where}: {sorted(part)} are not all among {sorted(whole or _NONE)}")
    return part


def _joined(
    operator: str, left: Labels | None, right: Labels | None, matching: _Matching
) -> Labels | None:
    if left is None or right is None:
        return right if left is None else left
    if matching.on is not None:
        _subset(matching.on, left, f"{operator} on, left")
        _subset(matching.on, right, f"{operator} on, right")
    elif operator != "or" and left - matching.ignoring != right - matching.ignoring:
        raise PromqlError(f"{operator}: {sorted(left)} never meet {sorted(right)}")
    if operator == "or":
        return left | right
    if operator in ("and", "unless"):
        return left
    if matching.included is not None:
        return left | _subset(matching.included, right, "group_left")
    return left - matching.ignoring if matching.on is None else matching.on


def alternatives(pattern: str) -> Sequence[str]:
    """The patterns without `|` and `?` that a regular expression stands for."""
    parts = re.split(r"\|(?![^(]*\))", pattern)
    if len(parts) > 1:
        return [one for part in parts for one in alternatives(part)]
    group = re.search(r"\(([^()]*)\)(\??)", pattern)
    if group is None:
        return [pattern]
    inner = [*group[1].split("|"), *([""] if group[2] else [])]
    before, after = pattern[: group.start()], pattern[group.end() :]
    return [one for word in inner for one in alternatives(f"{before}{word}{after}")]
