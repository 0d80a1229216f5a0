"""Names that look like small words: US, WHO, IT. All other names count as words do. Pure."""

import re

from proxy.cache.semantic.lexicon import MEANINGS, SMALL_WORDS
from proxy.cache.semantic.words import bare, plain

_CAPITALS = re.compile(r"\b[^\W\d_]{2,}\b")


def names_of(text: str) -> list[str]:
    """Words in capitals, in order, that would be no more than small words without them."""
    if text.isupper():
        return []
    found = (word for word in _CAPITALS.findall(text) if word.isupper())
    return [word for word in found if _is_small(bare(plain(word)))]


def _is_small(word: str) -> bool:
    return word in SMALL_WORDS or word in MEANINGS["who"]
