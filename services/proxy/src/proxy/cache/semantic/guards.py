"""What two questions must have in common before it matters how near they are. Pure.

Their words, numbers, formulae, quotations, code, denials, and language: in these one sign turns
the meaning round, and embeddings hardly see it. What is not certain counts as different, for a
miss costs time and a wrong hit an answer.
"""

import json
from collections.abc import Container

from proxy.cache.semantic.contents import content_of
from proxy.cache.semantic.languages import empty_words, languages_of
from proxy.cache.semantic.lexicon import MEANINGS
from proxy.cache.semantic.names import names_of
from proxy.cache.semantic.negations import negations_of
from proxy.cache.semantic.numbers import numbers_of
from proxy.cache.semantic.phrases import said_in
from proxy.cache.semantic.spans import code, operators, quoted
from proxy.cache.semantic.words import plain, sentences, words_of

_ANYWHERE = frozenset({"many", "often", "far"})
"""Question words that count wherever they stand; others may be relative pronouns."""
_FIRST_WORDS = 2
"""So far into a sentence its question word is, past the words of asking."""
_NO_ORDER, _NO_SPACES = "\u0500", "\u3000"
"""From here on question words are in any place; and are written together with others."""


def guard(text: str) -> bytes:
    """All of a question that must be the same in one that means the same."""
    said = extracted(text)
    return json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def extracted(text: str) -> dict[str, list[str]]:
    """What the guards find in a text, by kind."""
    folded = plain(text)
    words = words_of(folded)
    languages = languages_of(folded, words)
    empty = empty_words(languages)
    return {
        "asked": _asked(folded, empty),
        "code": code(text),
        "languages": languages,
        "names": names_of(text),
        "negations": negations_of(folded, words),
        "numbers": numbers_of(text),
        "operators": operators(text),
        "quoted": quoted(text),
        # where nothing is left that a question is about, every word counts
        "words": content_of(text, empty) or words,
    }


def _asked(folded: str, empty: Container[str]) -> list[str]:
    """Who, when, where, why, how, how many: what kind of answer is wanted."""
    meanings = MEANINGS["who"]
    found = {meaning for word, meaning in meanings.items() if word > _NO_SPACES and word in folded}
    for sentence in sentences(folded):
        words = [word for word in said_in(sentence) if word in meanings or word not in empty]
        for place, word in enumerate(words):
            meaning = meanings.get(word)
            if meaning in _ANYWHERE or (meaning and (place < _FIRST_WORDS or word > _NO_ORDER)):
                found.add(meaning)
    # "explain how" and "in which year" ask for more than what something is
    return sorted(found - {"what"} if len(found) > 1 else found)
