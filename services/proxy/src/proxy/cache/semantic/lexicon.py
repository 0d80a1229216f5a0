"""Words that the guards know, by language and by meaning: lexicon.toml, read once."""

import tomllib
from collections.abc import Iterator, Mapping
from pkgutil import get_data
from typing import Any

_READ: Mapping[str, Any] = tomllib.loads((get_data(__package__, "lexicon.toml") or b"").decode())


def _sets(name: str) -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in _READ[name].items()}


def _named(listed: str) -> dict[str, str]:
    lines = [line.split() for line in listed.strip().splitlines()]
    return {word: line[0] for line in lines for word in line}


def _numerals() -> Iterator[tuple[str, str]]:
    for number, words in _READ["numerals"].items():
        yield from ((word, number) for word in words.split())


SMALL = _sets("small")
"""Small words by language."""
ASKING = _sets("asking")
"""Words of asking itself, by language."""
KNOWN_BY = {
    language: words | ASKING.get(language, frozenset()) | _sets("known_by").get(language, set())
    for language, words in SMALL.items()
}
"""All by which a language is known."""
_KEPT = frozenset(_READ["kept"]["words"].split())
SMALL_WORDS = frozenset[str]().union(*SMALL.values(), *ASKING.values())
"""The same, of all languages."""
EMPTY = {
    language: (words | ASKING.get(language, frozenset())) - _KEPT
    for language, words in SMALL.items()
}
"""Words without which a question is the same, by language: another's may be its subject."""
NUMERALS = dict(_numerals())
"""Words for numbers, and the number."""
NUMERAL_CHARACTERS = {x: number for number, xs in _READ["numeral_characters"].items() for x in xs}
NEGATIONS = frozenset(_READ["negations"]["words"].split())
NEGATION_CHARACTERS = frozenset(_READ["negations"]["characters"])
MEANINGS = {name: _named(listed) for name, listed in _READ["meanings"].items()}
"""Words, and the word that names their meaning, by kind."""
MEANING_OF = {word: f"={name}" for named in MEANINGS.values() for word, name in named.items()}
"""The same, whatever the kind."""
PHRASES = {
    f" {line.strip()} ": " " if word == "nothing" else f" {word} "
    for word, listed in _READ["phrases"].items()
    for line in listed.strip().splitlines()
}
"""What is said instead of a word, or of nothing."""
