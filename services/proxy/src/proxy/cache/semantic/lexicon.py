"""Words that the guards know, by language and by meaning: lexicon.toml, read once."""

import tomllib
from collections.abc import Iterator, Mapping
from pkgutil import get_data
from typing import Any


def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads((get_data(__package__, name) or b"").decode())


_READ = _read("lexicon.toml")
FRAMES = _read("frames.toml")
"""What is said around questions, and ways of saying them, as regular expressions."""


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
KEPT_IN = _sets("kept_in")
"""Small words that count in one language only."""
SMALL_WORDS = frozenset[str]().union(*SMALL.values(), *ASKING.values())
"""The same, of all languages."""
EMPTY = {language: words - _KEPT for language, words in SMALL.items()}
"""Words without which a question is the same, by language: another's may be its subject."""
NUMERALS = dict(_numerals())
"""Words for numbers, and the number."""
NUMERAL_CHARACTERS = {x: number for number, xs in _READ["numeral_characters"].items() for x in xs}
SYSTEMS, TOOLS = (frozenset(_READ["platforms"][name].split()) for name in ("systems", "tools"))
"""Operating systems; tools and languages of programming."""
PLATFORMS = SYSTEMS | TOOLS
WITHIN, COMPARING = (
    frozenset(_READ["platforms"][name].split()) for name in ("within", "comparing")
)
"""What says that something is done in one of them; and what makes the place of it count."""
WHOLE = frozenset(_READ["english"]["whole"].split())
"""What only looks like another form of a word, or means something else."""
WRITTEN_BRITISH = tuple(
    (british, american)
    for american, listed in _READ["british"].items()
    for british in listed.split()
)
"""Parts of words, and the American spelling."""
WHETHER = frozenset(_READ["whether"]["words"].split())
"""First words of what is answered by yes or no."""
SPELLINGS = {
    wrong: right for right, listed in _READ["spellings"].items() for wrong in listed.split()
}
"""Slips and short forms, and what is meant."""
GIVE, DO = (frozenset(_READ["imperatives"][name].split()) for name in ("give", "do"))
"""What asks for things; and what a person wants to do, who asks for no more than how."""
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
