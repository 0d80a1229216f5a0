"""Texts as they came, although the library puts "query: " before each.

The library normalises character by character, by a table in the weights. Here the text is
normalised before, by the same table; then each character that the prefix has is replaced by a
stand-in from the private use area. The library gets a small table instead of its own, by which
the prefix vanishes and the stand-ins become what they stand for: it sees the text alone.
(Its own table would also let a text of three bytes a character outgrow the library's buffer.)
"""

import re

from engine.e5.weights import Normalisation

PREFIX = "query: "
_UNKNOWN = "\U0010fffd"  # no piece has it, as no piece has what it replaces
_FIRST_STAND_IN = 0xF0000
_CHARACTERS = sorted(set(PREFIX))
_STAND_INS = {ord(c): chr(_FIRST_STAND_IN + at) for at, c in enumerate(_CHARACTERS)}
_SPACES = re.compile(f"{_STAND_INS[ord(' ')]}{{2,}}")


def for_library() -> Normalisation:
    """The library's table: the prefix vanishes, stand-ins become characters."""
    vanishing = dict.fromkeys(_STAND_INS, "")
    return vanishing | {ord(stand_in): chr(c) for c, stand_in in _STAND_INS.items()}


class Texts:
    """Prepares texts, by the weights' own table of normalisation."""

    def __init__(self, normalisation: Normalisation) -> None:
        self._table: dict[int, str] = dict.fromkeys(map(ord, _STAND_INS.values()), _UNKNOWN)
        self._table |= {0: _UNKNOWN}  # it would end the text
        self._table |= _STAND_INS
        self._table |= {c: text.translate(_STAND_INS) for c, text in normalisation.items()}

    def prepared(self, text: str) -> str:
        """A text for the library, normalised, with one space where there were more."""
        return _SPACES.sub(_STAND_INS[ord(" ")], text.translate(self._table))
