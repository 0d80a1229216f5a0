"""Words of a text, of the many ways to say one question the same one. Pure."""

import re

from proxy.cache.semantic.lexicon import FRAMES, PHRASES
from proxy.cache.semantic.words import words_of

_SAID = tuple((re.compile(pattern), to) for pattern, to in FRAMES["said"])
_BREAKS = (
    "in|on|for|with|without|from|to|at|by|of|and|or|is|are|was|were|what|how|which|why|who|where|when"
    "|kind|type|sort|lot|than|as|between|not|do|does|did|the|a|an|that|out|instead|rid"
    "|because|most|one|all|each|if|per|after|before|during|made|up|can|should|must|will|has|have"
    "|percent|half|quarter"
)
_THING = rf"(?!(?:{_BREAKS})\b)\w+"
_OTHER = _THING.replace("|kind|type|sort|lot", "")
_OF = re.compile(
    rf"(?:^|(?<=\bthe )|(?<=^what ))(?P<one>{_THING}(?: {_THING}){{0,3}}) of (?:(?:the|a|an) )?"
    rf"(?P<other>{_OTHER}(?: {_OTHER}){{0,4}})(?= (?:{_BREAKS})\b|$)"
)
_AFTER = "in|on|for|when|with|from|of|to|bei|dans|em|en"
_SIDE = rf"(?!(?:{_AFTER}|and|or|und|et|y|e)\b)\w+"
_SYMMETRIC = re.compile(
    r"(?P<before>\b(?:difference|differences) between |\bunterschied zwischen |\bverschil tussen "
    r"|\bdifference entre |\bdiferencia entre |\bdiferenca entre |\bdifferenza tra )"
    rf"(?P<one>{_SIDE}(?: {_SIDE}){{0,4}}) (?P<and>and|und|et|y|e|en) "
    rf"(?P<other>{_SIDE}(?: {_SIDE}){{0,4}})(?P<after>$| (?:{_AFTER})\b)"
)
_ARTICLES = re.compile(
    r"^(?:a|an|the|ein|eine|einem|einer|der|die|das|dem|un|une|una|um|uma|le|la|el|een|de|het) "
)


def said_in(plain: str) -> list[str]:
    """The words of a sentence that is plain: `why` for `what makes`, and the like."""
    said = " ".join(words_of(plain))
    for pattern, to in _SAID:
        said = pattern.sub(to, said, count=1)
    said = f" {said} "
    for phrase, word in PHRASES.items():
        said = said.replace(phrase, word)
    return _SYMMETRIC.sub(_in_order, _OF.sub(_turned, said.strip())).split()


def _turned(found: re.Match[str]) -> str:
    """`the size of a house` as `house size`."""
    return f"{found['other']} {found['one']}"


def _in_order(found: re.Match[str]) -> str:
    """What differs from the other, in order of the alphabet: it differs both ways."""
    both = sorted(_ARTICLES.sub("", found[name].strip()) for name in ("one", "other"))
    return f"{found['before']}{both[0]} {found['and']} {both[1]}{found['after']}"
