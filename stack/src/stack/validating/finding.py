"""What was looked at and what came of it, and how it is shown."""

import textwrap
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

WIDTH = 100
"""Columns that a terminal is taken to have."""

_WORDS = {True: "yes", False: "no", None: "-"}
_WHAT_WIDTH = 12
_DETAIL_AT = 2 + _WHAT_WIDTH + 2 + len("yes") + 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    `is_ok` False: a start fails of it. None: it was not looked at, or a start goes on without.
    `remedy` is what helps, where something has to be done.
    """

    what: str
    is_ok: bool | None
    detail: str
    remedy: str = ""


def lines_of(finding: Finding) -> list[str]:
    """The finding as it is printed; words longer than a line, a path or a command's, stay whole."""
    head = f"  {finding.what:<{_WHAT_WIDTH}}  {_WORDS[finding.is_ok]:<3}  "
    detail = _wrapped(finding.detail)
    lines = [head + detail[0], *(" " * _DETAIL_AT + line for line in detail[1:])]
    if finding.remedy:
        first, *rest = _wrapped(finding.remedy, 2)
        lines += [" " * _DETAIL_AT + f"> {first}", *(" " * (_DETAIL_AT + 2) + one for one in rest)]
    return [line.rstrip() for line in lines]


def document_of(findings: Iterable[Finding]) -> dict[str, Any]:
    """For programs."""
    found = [asdict(one) for one in findings]
    return {"is_ok": all(one["is_ok"] is not False for one in found), "findings": found}


def _wrapped(text: str, indent: int = 0) -> list[str]:
    width = WIDTH - _DETAIL_AT - indent
    wrapped = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return wrapped or [""]
