"""Which languages a text may be in: by its scripts, and by its small words. Pure."""

from collections.abc import Sequence

from proxy.cache.semantic.lexicon import EMPTY, KNOWN_BY

_SCRIPTS = (
    ("greek", "\u0370", "\u03ff"),
    ("cyrillic", "\u0400", "\u052f"),
    ("armenian", "\u0530", "\u058f"),
    ("hebrew", "\u0590", "\u05ff"),
    ("arabic", "\u0600", "\u077f"),
    ("indic", "\u0900", "\u0dff"),
    ("thai", "\u0e00", "\u0eff"),
    ("georgian", "\u10a0", "\u10ff"),
    ("hangul", "\u1100", "\u11ff"),
    ("kana", "\u3041", "\u30ff"),
    ("han", "\u3400", "\u9fff"),
    ("hangul", "\uac00", "\ud7af"),
)


def languages_of(text: str, words: Sequence[str]) -> list[str]:
    """Its scripts, and the languages most of whose small words it has; all that are alike.

    Where there is no such word only the script is known, and another that has one differs.
    """
    scripts = sorted({script for sign in text if (script := _script(sign))})
    if "kana" in scripts:
        return scripts  # Japanese, whatever Chinese signs are in it
    counts = {
        language: sum(word in known for word in words) for language, known in KNOWN_BY.items()
    }
    most = max(counts.values())
    return scripts + [x for x, count in counts.items() if count == most > 0]


def empty_words(languages: Sequence[str]) -> frozenset[str]:
    """Words without which a question in these languages is the same."""
    return frozenset[str]().union(*(EMPTY.get(name, frozenset()) for name in languages))


def _script(sign: str) -> str:
    if sign < "\u0370" or not sign.isalpha():
        return ""
    return next((name for name, first, last in _SCRIPTS if first <= sign <= last), "other")
