"""Numbers in a text, in order and in one form: 3, three, ٣ and 三 are the same. Pure.

What is not certain stays as it is written, so that it agrees only with itself.
"""

import re
from collections.abc import Iterator

from proxy.cache.semantic.lexicon import MEANINGS, NUMERAL_CHARACTERS, NUMERALS, SMALL_WORDS
from proxy.cache.semantic.words import bare, plain, spelled, words_of

_CHARACTERS = "".join(NUMERAL_CHARACTERS)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_NUMBER = re.compile(
    r"(?P<sign>(?:(?<=^)|(?<=[\s(=,*/^]))[-−–])?"
    r"(?P<digits>\d+(?:[.,:/]\d+)*)(?P<unit>\s?[‰°]\s?[a-zA-Z]?\b|[^\W\d_]+|\s[A-Za-z]{1,3}\b)?"
    rf"|(?P<word>[^\W\d_{_CHARACTERS}]+)|(?P<character>[{_CHARACTERS}])"
)
_GERMAN = re.compile(r"und(?:zwan|dreiss|vier|funf|sech|sieb|acht|neun)|hundert|tausend")
_ORDINAL = frozenset({"st", "nd", "rd", "th", "er", "e", "eme", "º", "ª"})
_OWN_SCRIPT = "\u0500"
"""From here on words are written to the number that belong to the sentence."""


def numbers_of(text: str) -> list[str]:
    """The numbers of a text as it was written, with the units that stand at them."""
    return list(_numbers(spelled(text)))


def _numbers(text: str) -> Iterator[str]:
    for found in _NUMBER.finditer(text):
        if digits := found["digits"]:
            number = digits.replace(",", "") if _GROUPED.fullmatch(digits) else digits
            unit = (found["unit"] or "").strip()
            ordinal = "." * (bare(plain(unit)) in _ORDINAL)
            yield ("-" if found["sign"] else "") + number + ordinal
            yield from () if ordinal else _unit(unit)
        elif character := found["character"]:
            yield NUMERAL_CHARACTERS[character]
        elif (number := _of_word(found["word"])) is not None:
            yield number


def _of_word(word: str) -> str | None:
    folded = bare(plain(word))
    return NUMERALS.get(folded) or (folded if _GERMAN.search(folded) else None)


def _unit(unit: str) -> Iterator[str]:
    """What stands at a number. A unit that has a word of its own counts as that."""
    folded = bare(plain(unit))
    if not folded or folded > _OWN_SCRIPT or folded in SMALL_WORDS or folded in MEANINGS["units"]:
        return
    if words_of(folded) or "°" in unit:
        yield unit.replace(" ", "")
