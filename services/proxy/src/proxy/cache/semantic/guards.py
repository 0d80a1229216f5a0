"""What two questions must have in common before it matters how near they are. Pure.

Their words, numbers, formulae, quotations, code, denials, and language: in these one sign turns
the meaning round, and embeddings hardly see it. What is not certain counts as different, for a
miss costs time and a wrong hit an answer.
"""

import json
from collections.abc import Container, Sequence

from proxy.cache.semantic.contents import asks, content_of
from proxy.cache.semantic.contexts import apart
from proxy.cache.semantic.framing import fronted, unframed
from proxy.cache.semantic.languages import empty_words, languages_of
from proxy.cache.semantic.lexicon import ASKING, DO, FRAMES, GIVE, MEANINGS, SMALL, WHETHER
from proxy.cache.semantic.names import names_of
from proxy.cache.semantic.negations import negations_of
from proxy.cache.semantic.numbers import numbers_of
from proxy.cache.semantic.phrases import said_in
from proxy.cache.semantic.spans import code, operators, quoted, signs
from proxy.cache.semantic.spelling import respelled
from proxy.cache.semantic.words import plain, sentences, spelled, words_of

_ANYWHERE = frozenset({"many", "often", "far"})
"""Question words that count wherever they stand; others may be relative pronouns."""
_FIRST_WORDS = 2
"""So far into a sentence its question word is, past the words of asking."""
_NO_ORDER, _NO_SPACES = "\u0500", "\u3000"
"""From here on question words are in any place; and are written together with others."""
_POLITE = frozenset[str]().union(*ASKING.values())
_MENTIONING = frozenset(FRAMES["mentioning"].replace("\n", "|").split("|"))
_MINE = frozenset({"i", "my", "me"})
_WRITTEN = frozenset({"write", "compose", "draft", "create", "make", "tell", "generate"})

_COUNTED = frozenset({"convert", "add", "increase", "reduce"})
"""With a number, the result is wanted, and not how it is done."""
_ELSEWHERE = frozenset({"was", "come", "hoe", "wo", "kim", "co", "ne", "ile", "ma"})
"""Question words of other languages that are words of English."""


def guard(text: str) -> bytes:
    """All of a question that must be the same in one that means the same."""
    said = extracted(text)
    return json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def extracted(text: str) -> dict[str, list[str]]:
    """What the guards find in a text, by kind."""
    asked_text = fronted(unframed(respelled(spelled(text))))
    folded = plain(asked_text)
    all_words = words_of(folded)
    languages = languages_of(folded, all_words)
    empty = empty_words(languages)
    not_asking = _ELSEWHERE if languages == ["en"] else () if "de" in languages else {"was"}
    said = [
        words for sentence in sentences(folded) if (words := _without_asking(said_in(sentence)))
    ]
    asked, said = _asked(said, folded, empty, not_asking=not_asking)
    words, context = apart([word for sentence in said for word in sentence])
    if asked == ["how"]:
        empty |= _MINE
    is_creative = asked == ["give"] or bool(_WRITTEN.intersection(words[:1]))
    content = content_of(
        words, empty, plurals=not is_creative, german="de" in languages, not_asking=not_asking
    )
    return {
        "asked": asked,
        "code": _code(text, languages),
        "context": [context],
        "languages": languages,
        "names": names_of(text),
        "negations": negations_of(folded, all_words, languages),
        "numbers": numbers_of(asked_text),
        "operators": operators(text),
        "quoted": quoted(text),
        "signs": signs(unframed(text)),
        # where nothing is left that a question is about, every word counts
        "words": content or all_words,
    }


def _code(text: str, languages: Sequence[str]) -> list[str]:
    """Code, without letters that are small words."""
    small = frozenset[str]().union(*(SMALL.get(x, frozenset()) for x in languages if x != "en"))
    return [x for x in code(fronted(unframed(text))) if x.casefold() not in small]


def _without_asking(words: list[str]) -> list[str]:
    """Without please, unless it may be what is asked about."""
    if _MENTIONING.intersection(words):
        return words
    return [word for word in words if word not in _POLITE]


def _asked(
    said: list[list[str]], folded: str, empty: Container[str], *, not_asking: Container[str]
) -> tuple[list[str], list[list[str]]]:
    """Who, when, where, why, how, how many, whether: what kind of answer is wanted.

    And the sentences, without the word that told it.
    """
    meanings = MEANINGS["who"]
    found = {meaning for word, meaning in meanings.items() if word > _NO_SPACES and word in folded}
    for sentence in said:
        words = [word for word in sentence if word in meanings or word not in empty]
        for place, word in enumerate(words):
            meaning = asks(word, not_asking)
            if meaning in _ANYWHERE or (meaning and (place < _FIRST_WORDS or word > _NO_ORDER)):
                found.add(meaning)
    if found:
        # "explain how" and "in which year" ask for more than what something is
        return sorted(found - {"what"} if len(found) > 1 else found), said
    return _untold(said)


def _untold(said: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """What is wanted where there is no question word: by the first word."""
    first, *others = said or [[]]
    if not first:
        return [], said
    words, context = apart(first)
    if context and words[0] == "list":
        return ["how"], said
    if first[0] in GIVE:
        return ["give"], [first[1:], *others]
    if first[0] in WHETHER:
        return ["whether"], said
    if words[0] in DO and not (words[0] in _COUNTED and any(word.isdigit() for word in words)):
        return ["how"], said
    return ["what"], said
