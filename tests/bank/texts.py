"""A question as text, and its words."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from traffic.bank.questions import Question

Trigram = tuple[str, ...]

_WORD = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]|[^\W_\u3040-\u30ff\u4e00-\u9fff]+")


def text(question: Question) -> str:
    """What the user says, without the context."""
    return "\n".join(turn.content for turn in question.turns)


@lru_cache(maxsize=8192)
def words(sentence: str) -> tuple[str, ...]:
    """The words of a sentence; where a script has no spaces, its characters."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", sentence).casefold()))


def trigrams(found: Sequence[str]) -> set[Trigram]:
    """Every three words in a row; what is shorter, as a whole."""
    return {tuple(found[at : at + 3]) for at in range(max(1, len(found) - 2))}
