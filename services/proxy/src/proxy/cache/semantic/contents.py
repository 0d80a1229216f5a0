"""What a question is about: its words in order, in one form for each meaning. Pure.

Embeddings hardly see which words were changed for others, nor their order: who converts miles to
kilometres does not convert kilometres to miles. So the words must be the same, but for those that
ask, that join, or that mean the same.
"""

from collections.abc import Container

from proxy.cache.semantic.lexicon import ASKING, MEANING_OF, MEANINGS, NUMERAL_CHARACTERS, NUMERALS
from proxy.cache.semantic.phrases import said_in
from proxy.cache.semantic.words import plain, spelled

_ENDINGS = ("ing", "ies", "es", "ed", "en", "s", "e", "y")
_LEAST_LETTERS = 3
_SPELLINGS = (("our", "or"), ("ise", "ize"), ("yse", "yze"), ("ogh", "og"), ("centre", "center"))
_POLITE = frozenset[str]().union(*ASKING.values())


def content_of(text: str, empty: Container[str]) -> list[str]:
    """The words that a question is about, in order, without those that are empty.

    The last word counts in any case: in "about me" it is what is asked about.
    """
    words = said_in(plain(spelled(text)))
    last = len(words) - 1
    return [
        _form(word)
        for place, word in enumerate(words)
        if not _is_asking(word) and (word not in empty or (place == last and word not in _POLITE))
    ]


def _is_asking(word: str) -> bool:
    """What and how are told apart by what is asked. Hiragana writes endings and small words."""
    return MEANINGS["who"].get(word) in ("what", "how") or "\u3040" <= word < "\u30a0"


def _form(word: str) -> str:
    number = NUMERALS.get(word) or NUMERAL_CHARACTERS.get(word)
    return number or MEANING_OF.get(word) or _stem(word)


def _stem(word: str) -> str:
    """A word without its ending, in American spelling; of Latin letters only."""
    if not word.isascii():
        return word
    for british, american in _SPELLINGS:
        word = word.replace(british, american)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_LETTERS:
            return word.removesuffix(ending)
    return word
