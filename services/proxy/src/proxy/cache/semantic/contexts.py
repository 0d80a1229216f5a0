"""Of which one system or language of programming a question is, wherever it says so. Pure.

`git list branches`, `list git branches` and `list branches in git` ask the same. Where two are
named, or one is compared or made into something, the place of each counts.
"""

from collections.abc import Sequence

from proxy.cache.semantic.lexicon import COMPARING, PLATFORMS, SMALL_WORDS, SYSTEMS, WITHIN

_LEAST_WORDS = 3


def apart(words: Sequence[str]) -> tuple[list[str], str]:
    """The words without the system that they are about, and the system; else empty."""
    places = [place for place, word in enumerate(words) if word in PLATFORMS]
    if len(places) != 1:
        return list(words), ""
    (place,) = places
    before = words[place - 1] if place else ""
    after = words[place + 1] if place + 1 < len(words) else ""
    if before in WITHIN and _is_apart(after):
        return [*words[: place - 1], *words[place + 1 :]], words[place]
    if len(words) < _LEAST_WORDS or not _describes(words, words[place], before, after):
        return list(words), ""
    return [*words[:place], *words[place + 1 :]], words[place]


def _is_apart(after: str) -> bool:
    return not after or after in SMALL_WORDS or after in COMPARING


def _describes(words: Sequence[str], word: str, before: str, after: str) -> bool:
    """Whether it stands before what it is about; or it is the last of words without a sentence."""
    if COMPARING.intersection(words) or after.isdigit() or after in WITHIN:
        return False
    if after and words.index(word) and word in SYSTEMS:
        # a USB stick of Linux is not a USB stick on Linux
        return _leads(words, word)
    if after:
        return after not in SMALL_WORDS
    return before not in SMALL_WORDS and not SMALL_WORDS.intersection(words)


def _leads(words: Sequence[str], word: str) -> bool:
    """Whether nothing that a question is about stands before it."""
    return SMALL_WORDS.issuperset(words[: words.index(word)])
