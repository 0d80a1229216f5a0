"""What a question is about: its words in order, in one form for each meaning. Pure.

Embeddings hardly see which words were changed for others, nor their order: who converts miles to
kilometres does not convert kilometres to miles. So the words must be the same, but for those that
ask, that join, or that mean the same.
"""

import re
from collections.abc import Container, Sequence

from proxy.cache.semantic.lexicon import MEANING_OF, MEANINGS, NUMERAL_CHARACTERS, NUMERALS
from proxy.cache.semantic.stems import american, stem

_ORDINAL = re.compile(r"^(\d+)(?:st|nd|rd|th)$")


def content_of(
    words: Sequence[str],
    empty: Container[str],
    *,
    plurals: bool = True,
    german: bool = False,
    not_asking: Container[str] = (),
) -> list[str]:
    """The words that a question is about, in order, without those that are empty.

    The last word counts in any case: in "about me" it is what is asked about.
    """
    last = len(words) - 1
    return [
        _form(word, plurals=plurals, german=german)
        for place, word in enumerate(words)
        if not _is_asking(word, not_asking)
        and (word not in empty or (place == last and word.isascii()))
        and (place != last or word[0] not in _TOPIC)
    ]


def _is_asking(word: str, not_asking: Container[str]) -> bool:
    """What and how are told apart by what is asked. Hiragana writes endings and small words."""
    if "\u3040" <= word < "\u30a0":
        return not _PARTICLE.match(word)
    return asks(word, not_asking) in ("what", "how")


def asks(word: str, not_asking: Container[str]) -> str | None:
    """Which question word a word is, if it is none of another language: `was` is German."""
    return None if word in not_asking else MEANINGS["who"].get(word)


_PARTICLE = re.compile("から|まで|より|[をへ]|に(?!つ)|で(?!す|し|き)|とは?(?!い)|って|が|は")
_TOPIC = "はがっ"
"""At the end they begin what is left out: a way, and nothing of it."""
_ONE_PARTICLE = {"は": "が", "とは": "が", "って": "が"}


def _form(word: str, *, plurals: bool, german: bool) -> str:
    if particle := _PARTICLE.match(word):
        return _ONE_PARTICLE.get(particle[0], particle[0])
    if number := NUMERALS.get(word) or NUMERAL_CHARACTERS.get(word):
        return number.removesuffix(".")
    if word[0].isdigit():
        return _ORDINAL.sub(r"\1", word)
    named = MEANING_OF.get(word) or MEANING_OF.get(american(word))
    if named and (plurals or not word.endswith("s")):
        return named
    found = stem(word, plurals=plurals, german=german)
    return MEANING_OF.get(found) or found if plurals else found
