"""A question without what is said around it, and what it begins with at its end. Pure.

Who greets, thanks, and asks to be told asks the same as who does not.
"""

import re
import unicodedata

from proxy.cache.semantic.lexicon import FRAMES

_MOST_FRAMES = 8
"""So much is taken off each end."""
_SIGNS = r"[\s,.!?:;…、。，！？：；–—-]"
_PAUSE = rf"{_SIGNS}*"
_WRITTEN_TOGETHER = re.compile("[\u3000-\u9fff\uac00-\ud7af]")
_THING = r"in|en|em|auf|su|op|na|на|means?|meaning|translation|world|vs|and|or|letter|note|card"
"""What follows where a greeting is itself what is asked about."""


def _any(listed: str, *, apart: bool) -> str:
    """One of these lines: of those written with spaces between words, or of the others."""
    lines = [line for line in listed.split("\n") if line]
    return "|".join(x for x in lines if bool(_WRITTEN_TOGETHER.search(x)) is not apart)


_LEADING = re.compile(
    rf"[\s¿¡]*(?:(?:{_any(FRAMES['leading'], apart=True)})(?![\w'-])(?!\s+(?:{_THING})\b)"
    rf"|(?:{_any(FRAMES['leading'], apart=False)})){_PAUSE}[¿¡]*"
)
_TRAILING = re.compile(
    rf"(?<!{_SIGNS})(?P<pause>{_PAUSE})(?:(?<!\w)(?:{_any(FRAMES['trailing'], apart=True)})"
    rf"|(?:{_any(FRAMES['trailing'], apart=False)})){_PAUSE}$"
)
_LISTS = {name: FRAMES[name].strip().replace("\n", "|") for name in ("mentioning", "fronted")}
_MENTIONING = re.compile(rf"\b(?:{_LISTS['mentioning']})\b")
_QUOTES = frozenset('"“„«`「')
_ASKING = FRAMES["asking"].strip().replace("\n", "|")
_FRONTED = re.compile(
    rf"[\s¿]*(?P<front>(?:{_LISTS['fronted']}) [^,;:?!¿]+?),\s+¿?"
    rf"(?P<rest>(?:{_ASKING})\b[^;:?!]+?)[\s?!.]*$"
)
_FRONTED_SHORT = re.compile(
    r"[\s¿]*(?P<front>(?:in|on|with|using|unter|en|em|sous|su) \w+(?: \d+)?) "
    r"¿?(?P<rest>(?:how|what|which|why|when|where|who|wie|was|comment|como|come)\b[^;:?!]+?)[\s?!.]*$"
)
_CHOICE = re.compile(
    r"[,:] (?:the )?(?P<one>[^,:;?]{1,40}?) or (?P<other>[^,:;?]{1,40}?)\s*\?*\s*$"
)


def unframed(text: str) -> str:
    """A text without greetings, thanks and requests to be told, at both ends."""
    for _ in range(_MOST_FRAMES):
        found = _LEADING.match(flat(text))
        if not found or not found.end() or not _has_words(text[found.end() :]):
            break
        text = text[found.end() :]
    for _ in range(_MOST_FRAMES):
        folded = flat(text)
        end = _TRAILING.search(folded)
        if not end or not _has_words(text[: end.start()]):
            break
        # "how do you say thank you": then it is no thanks
        is_parted = end["pause"].strip() or _QUOTES.intersection(text[: end.start()])
        if _MENTIONING.search(folded) and not is_parted:
            break
        text = text[: end.start()]
    return text


def fronted(text: str) -> str:
    """`In Java, what is x?` as `what is x in Java`; of one choice, both in one order."""
    folded = flat(text)
    choice = _CHOICE.search(folded)
    tail = ""
    if choice and re.match(r"[\s¿]*(?:which|what|who)\b|.*,\s+(?:which|what|who)\b", folded):
        both = sorted((choice["one"], choice["other"]))
        tail, text = f" {both[0]} or {both[1]}", text[: choice.start()]
        folded = flat(text)
    found = _FRONTED.match(folded) or _FRONTED_SHORT.match(folded)
    if found:
        front, rest = (text[slice(*found.span(name))] for name in ("front", "rest"))
        text = f"{rest} {front}"
    return text + tail


def flat(text: str) -> str:
    """A text in small letters without accents; each sign stays in its place."""
    return "".join(map(_flat, text))


def _flat(sign: str) -> str:
    folded = sign.casefold()
    if len(folded) != 1:
        return "i" if sign == "İ" else sign
    if folded == "ё":
        return "е"
    return unicodedata.normalize("NFD", folded)[0] if "\x7f" < folded < "\u0250" else folded


def _has_words(text: str) -> bool:
    return any(sign.isalnum() for sign in text)
