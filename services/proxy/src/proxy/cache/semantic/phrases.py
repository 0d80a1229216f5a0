"""Words of a text, with those of asking in the place of what is said for them. Pure."""

from proxy.cache.semantic.lexicon import PHRASES
from proxy.cache.semantic.words import words_of

_AT_THE_END: dict[str, tuple[str, ...]] = {"do": ("function",), "does": ("function",), "mean": ()}


def said_in(plain: str) -> list[str]:
    """The words of a text that is plain: `why` for `what makes`, and the like."""
    said = f" {' '.join(words_of(plain))} "
    for phrase, word in PHRASES.items():
        said = said.replace(phrase, word)
    found = said.split()
    # what something does is not what it is
    last = _AT_THE_END.get(found[-1]) if found else None
    return found if last is None else [*found[:-1], *last]
