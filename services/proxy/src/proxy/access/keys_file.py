"""A file of hashed keys: TOML, a table an alias. Text to entries, or the first mistake.

A mistake is told by its line or by the number of its table, never by what stands there: somebody
may have put a key in its place. So the parser's own words are not repeated either.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

from ollama_observe.metrics.metric import UNNAMED
from proxy.access.entries import ANYBODY, Entry, Limits
from proxy.access.patterns import Patterns
from proxy.queue.priorities import LABELS

MOST_ENTRIES = 1000
KEY_PREFIX = "oo-"
"""How a key of ours begins, so that one that leaked is found by who looks for such."""

_ALIAS = re.compile(r"[A-Za-z0-9._@+-]{1,64}")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
_AT_LINE = re.compile(r"at line (\d+)")
_AT_END = "at end of document"
_LIMITS = tuple(one.name for one in fields(Limits))


class KeysFileError(ValueError):
    """The file cannot be used. The message says where and why, and repeats nothing of it."""


def read_entries(text: str) -> tuple[Entry, ...]:
    """The entries of a file's text, one at least. Raises: KeysFileError."""
    found = entries_in(text)
    if not found:
        raise KeysFileError("no entry: expected a table for each alias, such as [alice]")
    return found


def entries_in(text: str) -> tuple[Entry, ...]:
    """The entries of a text, perhaps none. Raises: KeysFileError."""
    tables = _tables(text)
    if len(tables) > MOST_ENTRIES:
        raise KeysFileError(f"expected {MOST_ENTRIES} entries at most, found {len(tables)}")
    lines = _lines_of_tables(text, len(tables))
    found: list[Entry] = []
    owners: dict[bytes, int] = {}
    for number, (alias, table) in enumerate(tables.items(), 1):
        where = f"entry {number}{lines.get(number, '')}"
        try:
            entry = _entry(alias, table)
        except ValueError as error:
            raise KeysFileError(f"{where}: {error}") from None
        for digest in entry.digests:
            first = owners.setdefault(digest, number)
            if first != number or entry.digests.count(digest) > 1:
                raise KeysFileError(f"{where}: sha256: the same key is in entry {first}")
        found.append(entry)
    return tuple(found)


def _tables(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _AT_LINE.search(str(error))
        where = f"line {line[1]}" if line else "its end" if _AT_END in str(error) else "somewhere"
        raise KeysFileError(
            f"{where}: no TOML, or a name that is there twice; expected [alias], or name = value"
        ) from None
    except (RecursionError, ValueError):  # such as a number of more digits than Python reads
        raise KeysFileError(
            "no TOML that anybody would write: a number too long, or lists too deep"
        ) from None


def _lines_of_tables(text: str, count: int) -> dict[int, str]:
    """Where each entry begins, by its number, as far as tables alone make them."""
    starts = [text.count("\n", 0, one.start()) + 1 for one in _TABLE.finditer(text)]
    if len(starts) != count:
        return {}
    return {number: f" (line {line})" for number, line in enumerate(starts, 1)}


def _entry(alias: str, table: object) -> Entry:
    """Raises: ValueError."""
    if not isinstance(table, dict):
        raise ValueError("expected a table, such as [alice], found a value")
    _check_alias(alias)
    _check_names(table)
    entry = Entry(
        alias=alias,
        digests=_read(table, "sha256", _digests, ()),
        models=_read(table, "models", _patterns, None),
        manage=_read(table, "manage", _flag, False),
        limits=Limits(**{name: _read(table, name, _count, None) for name in _LIMITS}),
        priority=_read(table, "priority", _priority, ""),
        expires_at=_read(table, "expires", _instant, None),
    )
    if entry.manage and entry.models is not None:
        raise ValueError("manage: expected it without models: who may change models has them all")
    if alias == ANYBODY and entry.digests:
        raise ValueError("sha256: nobody's key: the entry of all others has none")
    return entry


def _check_alias(alias: str) -> None:
    if alias == ANYBODY:
        return
    if alias.startswith(KEY_PREFIX) or not _ALIAS.fullmatch(alias) or alias in UNNAMED:
        raise ValueError(
            "expected an alias of 1 to 64 letters, digits or ._@+- (neither none nor other, nor "
            "a key)"
        )


_NAMES = ("sha256", "models", "manage", *_LIMITS, "priority", "expires")


def _check_names(table: Mapping[str, object]) -> None:
    for name in table:
        if name not in _NAMES:
            close = difflib.get_close_matches(name, _NAMES, n=1)
            hint = f", did you mean {close[0]}?" if close else f"; there are {', '.join(_NAMES)}"
            raise ValueError(f"an unknown name{hint}")


def _read(table: Mapping[str, object], name: str, read: Callable[[Any], Any], default: Any) -> Any:
    if name not in table:
        return default
    try:
        return read(table[name])
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _words(value: object) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not given or not all(isinstance(x, str) for x in given):
        raise ValueError("expected a text, or a list of texts")
    return tuple(given)


def _digests(value: object) -> tuple[bytes, ...]:
    words = _words(value)
    if not all(_DIGEST.fullmatch(word) for word in words):
        raise ValueError("expected the SHA-256 of a key in hex, 64 digits, or a list of them")
    return tuple(bytes.fromhex(word) for word in words)


def _patterns(value: object) -> Patterns:
    return Patterns(_words(value))


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 40:
        raise ValueError("expected a whole number above 0; leave it out for no limit")
    return value


def _priority(value: object) -> str:
    if not isinstance(value, str) or value not in LABELS:
        raise ValueError(f"expected {', '.join(LABELS[:-1])} or {LABELS[-1]}")
    return value


def _instant(value: object) -> float:
    """A date is its first moment; what has no zone of its own is UTC."""
    if isinstance(value, datetime):
        return _told_in_utc((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp())
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    raise ValueError("expected a date without quotes, such as 2027-01-31 or 2027-01-31T18:00:00Z")


def _told_in_utc(unix_seconds: float) -> float:
    """The same, for an instant that is one of UTC's calendar as well as of its own zone's."""
    try:
        datetime.fromtimestamp(unix_seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError("expected an instant of the years 1 to 9999 in UTC") from None
    return unix_seconds
