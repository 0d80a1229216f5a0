"""What may not stand in the bank: of people, of secrets, of the day, of what is not there."""

import hashlib
import re
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path

from tests.bank.texts import text, words
from traffic.bank.loading import Bank
from traffic.bank.questions import Category, Question

UNWANTED = frozenset(
    Path(__file__).with_name("unwanted.txt").read_text(encoding="ascii").splitlines()
)
"""Slurs, and names of living persons whom people make models speak of: their digests alone."""

PERSONAL = {
    "an address of the web": r"https?://|\bwww\.",
    "an e-mail address": r"[\w.+-]+@[\w-]+\.\w+",
    "a telephone number": r"(?<![\w.,-])(?:\+\d{1,3}[ -]?)?(?:\(\d{2,5}\) ?|\d{2,4}[ -])\d{3}"
    r"[ -]\d{3,4}(?![\w.-])|\+\d[\d ]{8,}\d",
    "a number of a bank account": r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b",
    "a number of a card": r"\b(?:\d{4}[ -]){3}\d{4}\b",
    "a secret": r"\b(?:api[_ -]?key|password|passwd|secret key|BEGIN [A-Z ]*PRIVATE KEY)\b"
    r"|\b(?:sk|ghp|xox[bp])[-_][A-Za-z0-9]{16,}|\bAKIA[A-Z0-9]{16}\b",
}
FLEETING = re.compile(
    r"\b(?:today|tonight|tomorrow|currently|nowadays|these days|right now|this year|last year"
    r"|next year|as of now|at the moment|up[- ]to[- ]date"
    r"|current (?:president|prime minister|king|pope|champion|price|weather|version|record)"
    r"|latest (?:version|news|model|release|season|film))\b",
    re.IGNORECASE,
)
ABSENT = re.compile(
    r"\b(?:(?:the|this|my) (?:attached|enclosed)|(?:is|are) attached"
    r"|(?:in|on|at) (?:the|this) (?:image|photo|screenshot|video|recording) (?:below|above)"
    r"|(?:search|browse) (?:the )?(?:web|internet)|look (?:it |this |that )?up online"
    r"|open (?:this|the) (?:link|page|file)|run this (?:code|script) and)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(r"\{\{|lorem ipsum|\bTODO\b|\bTBD\b|\bFIXME\b|\[(?:insert|your)\b[^\]]*\]|_{4,}")


def said_to_the_model(question: Question) -> str:
    """What the user says, and the system prompt."""
    return f"{question.system or ''}\n{text(question)}"


def personal(bank: Bank) -> Iterator[str]:
    """Addresses, numbers and secrets, in questions and contexts."""
    pieces = [(question.id, said_to_the_model(question)) for question in bank.questions]
    pieces += [(f"context {name}", piece) for name, piece in bank.contexts.items()]
    for name, piece in pieces:
        for what, pattern in PERSONAL.items():
            if re.search(pattern, piece, re.IGNORECASE if what == "a secret" else 0):
                yield f"{name} seems to hold {what}"


def fleeting(bank: Bank) -> Iterator[str]:
    """Questions whose answer depends on the day, unless it is a tale's own."""
    for question in bank.questions:
        if question.category in (Category.SUMMARISE_LONG_CONTEXT, Category.JSON_EXTRACT_TOOLS):
            continue  # the day is that of the given text
        if found := FLEETING.search(said_to_the_model(question)):
            yield f"{question.id} depends on the day: {found[0]!r}"


def absent(bank: Bank) -> Iterator[str]:
    """Questions about what their record does not carry, and places that nobody filled."""
    for question in bank.questions:
        said = said_to_the_model(question)
        if not question.tools and (found := ABSENT.search(said)):
            yield f"{question.id} asks about what is not there: {found[0]!r}"
        if question.category is not Category.CODE and (found := _OPEN.search(said)):
            yield f"{question.id} has a place to fill: {found[0]!r}"


def unwanted(bank: Bank, listed: Collection[str] = UNWANTED) -> Iterator[str]:
    """Questions and contexts with a word, or two in a row, of the list."""
    pieces = [(question.id, said_to_the_model(question)) for question in bank.questions]
    pieces += [(f"context {name}", piece) for name, piece in bank.contexts.items()]
    for name, piece in pieces:
        said = words(piece)
        for phrase in {*said, *map(" ".join, pairwise(said))}:
            if digest(phrase) in listed:
                yield f"{name} has an unwanted word or name"


def digest(phrase: str) -> str:
    """A phrase in small letters as the list has it."""
    return hashlib.sha256(phrase.encode()).hexdigest()[:16]
