"""A word without its English ending, so that forms of one word are the same. Pure.

Short words keep their last letter: care is no car, and a plane no plan.
"""

import re

from proxy.cache.semantic.lexicon import WHOLE, WRITTEN_BRITISH

_LEAST_LETTERS = 3
_VOWEL = re.compile("[aeiouy]")
_SHORT = re.compile(r"[^aeiou]*[aeiouy][^aeiouwxy]")
_MEASURE = re.compile("[aeiouy]+[^aeiouy]+")


def stem(word: str, *, plurals: bool = True, german: bool = False) -> str:
    """A word without its ending, in American spelling; of Latin letters only.

    `plurals`: one and several are the same.
    """
    if not word.isascii() or not word.isalpha():
        return word
    word = american(word)
    if word in WHOLE or len(word) <= _LEAST_LETTERS:
        return word
    if german and len(word) > 4 and word.endswith("en"):
        word = word[:-2]
    elif german and len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    if plurals:
        word = _singular(word)
    return _whole(_verb(word))


def american(word: str) -> str:
    """A word in American spelling."""
    for british, spelled in WRITTEN_BRITISH:
        if (british in word and len(word) > len(british) + 1) or word == british:
            word = word.replace(british, spelled)
    return word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search("(?:ss|x|z|ch|sh)es$", word):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _verb(word: str) -> str:
    if word.endswith("ied"):
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _LEAST_LETTERS - 1 and _VOWEL.search(stem):
            if stem.endswith(("at", "bl", "iz")) or _SHORT.fullmatch(stem):
                return stem + "e"
            kept = "sz" if len(_MEASURE.findall(stem)) > 1 else "lsz"
            return stem[:-1] if stem[-1] == stem[-2] and stem[-1] not in kept else stem
    return word


def _whole(word: str) -> str:
    """Longer words without a last e: before an ending it cannot be known."""
    return word[:-1] if word.endswith("e") and len(_MEASURE.findall(word[:-1])) > 1 else word
