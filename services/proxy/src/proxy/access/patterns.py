"""Names of models as an operator writes them: whole, or with `*` and `?`. Pure.

Compared is the one spelling that all names of a model have (`llama3` is `llama3:latest`), so that
nobody gets by with another. `*` stands for anything but a `/`: `llama3*` is no model of another
namespace that happens to begin so.
"""

import re

from ollama_observe.wire.models import normalise_model

_WILD = frozenset("*?")
_DEFAULT = re.compile(r"(?:registry\.ollama\.ai/)?(?:library/)?")


class Patterns:
    """Models, some of them by pattern. Raises: ValueError for what can be no model's name."""

    def __init__(self, written: tuple[str, ...]) -> None:
        self.written = written
        self._names = frozenset(_name(one) for one in written if not _is_wild(one))
        self._patterns = [_pattern(one) for one in written if _is_wild(one)]

    def match(self, model: str) -> bool:
        """Whether a model is among them, however it is spelled."""
        name = normalise_model(model) if model.isascii() else ""
        if not name:
            return False
        return name in self._names or any(one.fullmatch(name) for one in self._patterns)


def _is_wild(written: str) -> bool:
    return not _WILD.isdisjoint(written)


def _name(written: str) -> str:
    name = normalise_model(written) if written.isascii() else ""
    if not name or any(letter.isspace() for letter in name):
        raise ValueError("expected a model's name")
    return name


def _pattern(written: str) -> re.Pattern[str]:
    plain = "".join("x" if letter in _WILD else letter for letter in written)
    _name(plain)
    short = written.strip().lower()
    short = short[_DEFAULT.match(short).end() :]  # type: ignore[union-attr] # it matches nothing, too
    return re.compile(_expression(short))


def _expression(short: str) -> str:
    """A regular expression that takes time in proportion to a name, whatever the pattern.

    What follows a star is looked for where it comes first, and nowhere else after that: as no part
    holds a star and no star a `/`, a later place would leave less for the rest and allow no more.
    """
    first, *rest = (_literal(part) for part in short.split("*"))
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>[^/]*?{part})" for part in middle) + "[^/]*" + last


def _literal(part: str) -> str:
    return "".join("[^/]" if letter == "?" else re.escape(letter) for letter in part)
