"""What a text denies. Pure."""

import re
from collections.abc import Container

from proxy.cache.semantic.lexicon import NEGATION_CHARACTERS, NEGATIONS

_SHORT = re.compile(r"n't\b|\b(?:dont|doesnt|didnt|cant|wont|isnt|arent|wasnt|shouldnt|couldnt)\b")
_ENDING = re.compile(
    r"[^\W\d_]{3,}(?:less)\b|\b[^\W\d_]{2,}(?:m[ae]z|m[ae]yan|m[ae]yen"
    r"|s[iuıü]z)\b|な(?:い|かった|く)|ません|ずに|ぬ\b|지\s?(?:않|못|마)|수\s?없"
)
_GERMAN = re.compile(r"[^\W\d_]{3,}(?:los|lose|losen|loser|loses|frei|freie|freien)\b")
_IN_THE = frozenset({"no", "nos"})
"""Portuguese."""
_BEGINNING = re.compile(
    r"\b(?:un(?!it|iv|der|ter|til|ion|iq|ix|icorn|less|cle|iform)[^\W\d_]{3,}"
    r"|non-?[^\W\d_]{3,}|dis(?!t|c|k|h|p|eas)[^\W\d_]{3,}|(?:disc|dish)on[^\W\d_]+"
    r"|il(?=l)[^\W\d_]{4,}|ir(?=r)[^\W\d_]{4,}"
    r"|im(?=poss|mor|mat|pat|perf|prob|prop|pur|mob)[^\W\d_]+"
    r"|in(?=act|corr|val|compl|depend|vis|finit|direct|formal|secur|accur|capa|consis|effic"
    r"|effect|flex|edib|sol|stab|suff|toler|comest|util|possib)[^\W\d_]+)"
)


def negations_of(plain: str, words: list[str], languages: Container[str] = ()) -> list[str]:
    """What denies, in order of the alphabet: words, endings and beginnings.

    Of words that deny by how they begin the whole counts, for some of them only look like it.
    """
    kept = _IN_THE if "pt" in languages else ()
    said = ["not" for _ in _SHORT.findall(plain)]
    said += (_ONE.get(word, word) for word in words if word in NEGATIONS and word not in kept)
    said += (sign for sign in plain if sign in NEGATION_CHARACTERS)
    said += ("not" for _ in _ENDING.findall(plain))
    said += ("not" for _ in (_GERMAN.findall(plain) if "de" in languages else ()))
    return sorted([*said, *_BEGINNING.findall(plain)])


_ONE = dict.fromkeys(("cannot", "no", "none", "not", "nor"), "not")
