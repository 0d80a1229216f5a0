"""SPDX expressions: whether one is valid, and which licences of it must be kept to."""

from collections.abc import Iterable
from functools import cache

from license_expression import (  # type: ignore[import-untyped]
    ExpressionError,
    ExpressionParseError,
    Licensing,
    get_spdx_licensing,
)


@cache
def _licensing() -> Licensing:
    return get_spdx_licensing()


def canonical(expression: str) -> str | None:
    """As SPDX spells it (`MIT` for `mit`); None where a licence in it is none of SPDX's list."""
    try:
        parsed = _licensing().parse(expression, validate=True)
    except (ExpressionError, ExpressionParseError):
        return None
    return None if parsed is None else str(parsed.render("{symbol.key}"))


def is_valid(expression: str) -> bool:
    """Whether every licence in it is one of SPDX's list, by its name there."""
    return canonical(expression) == expression


def choices(expression: str) -> tuple[frozenset[str], ...]:
    """Each way to keep to it, as the licences that all apply then.

    `MIT OR (ISC AND Zlib)` is ({MIT}, {ISC, Zlib}); a licence with its exception is one name.
    """
    licensing = _licensing()
    parsed = licensing.parse(expression, validate=True)
    if parsed is None:
        return ()
    rows = licensing.dnf(parsed)
    ways = rows.args if isinstance(rows, licensing.OR) else (rows,)
    return tuple(
        frozenset(map(str, way.args if isinstance(way, licensing.AND) else (way,))) for way in ways
    )


def together(expressions: Iterable[str]) -> str:
    """All of them as one expression, each licence once, in order."""
    joined = " AND ".join(f"({one})" for one in sorted(expressions))
    return str(_licensing().parse(joined, validate=True).simplify())
