"""Which languages a text may be in: by its scripts, and by its small words. Pure."""

from collections.abc import Sequence

from proxy.cache.semantic.lexicon import EMPTY, KEPT_IN, KNOWN_BY

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

_ELSE = "en"
_OF_SCRIPT = {"han": "zh", "hangul": "ko", "arabic": "ar", "indic": "hi"}


def languages_of(text: str, words: Sequence[str]) -> list[str]:
    """Its scripts, and the languages most of whose small words it has; all that are alike.

    Where there is no such word only the script is known; of Latin letters, it is English.
    """
    scripts = sorted({script for sign in text if (script := _script(sign))})
    if scripts and "cyrillic" not in scripts:
        return scripts  # each is of one language, but for a few
    counts = {
        language: sum(word in known for word in words) for language, known in KNOWN_BY.items()
    }
    most = max(counts.values())
    found = [x for x, count in counts.items() if count == most > 0]
    # where the small words do not tell, these are the likeliest
    likely = [x for x in (_ELSE, "ru") if x in found]
    return scripts + (likely or found or [_ELSE])


def empty_words(languages: Sequence[str]) -> frozenset[str]:
    """Words without which a question in these languages is the same."""
    nothing = frozenset[str]()
    if "kana" not in languages:
        languages = [_OF_SCRIPT.get(name, name) for name in languages]
    empty = nothing.union(*(EMPTY.get(name, nothing) for name in languages))
    return empty.difference(*(KEPT_IN.get(name, nothing) for name in languages))


def _script(sign: str) -> str:
    if sign < "\u0370" or not sign.isalpha():
        return ""
    return next((name for name, first, last in _SCRIPTS if first <= sign <= last), "other")
