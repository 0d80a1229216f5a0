"""One spelling for what is spelled in several ways: contractions, chat, slips, numbers. Pure."""

import re
from collections.abc import Callable

from proxy.cache.semantic.lexicon import NUMERALS, SPELLINGS

_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TH = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
_Found = re.Match[str]


def _sum(found: _Found) -> str:
    tens, ones = (NUMERALS[x.casefold()] for x in found.groups())
    return f"{int(tens) + int(ones.removesuffix('.'))}{'th' * ones.endswith('.')}"


_RULES: tuple[tuple[re.Pattern[str], str | Callable[[_Found], str]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), to)
    for pattern, to in (
        (r"\b(can|don|doesn|didn|isn|aren|wasn|weren|shouldn|couldn|wouldn|hasn|haven|hadn)"
         r"(?:'t|t)\b(?<!\bcan)", lambda x: _full(x[1])),
        (r"\bwon'?t\b", "will not"),
        (r"\bcannot\b", "can not"),
        (r"\bi'm\b|\bim\b(?= )", "i am"),
        (r"\b(i|you|we|they)'d\b", r"\1 would"),
        (r"\b(i|you|we|they)'ve\b", r"\1 have"),
        (r"\b(i|you|we|they|it)'ll\b", r"\1 will"),
        (r"\b(you|we|they)'re\b", r"\1 are"),
        (r"\b(what|where|who|how|when|why|that|there|it)'s\b", r"\1 is"),
        (r"\b(what|where|who|how)s\b", r"\1 is"),
        (r"\bhow (can|does|do|could|would|might) one\b", r"how \1 i"),
        (r"\bcolour", "color"),
        (r"\bper cent\b", "percent"),
        (r"\b(first|second) world war\b", lambda x: f"world war {NUMERALS[x[1].casefold()][:-1]}"),
        (r"\b(\d+)k\b", r"\g<1>000"),
        (r"\b(\d+) million\b", r"\g<1>000000"),
        (r"(\d) ?([ap])\.?m\b\.?", r"\1 \2m"),
        (r"\b(?:a|one) (?=hundred\b|thousand\b|million\b)", ""),
        (rf"\b({_ONES}) hundred\b", lambda x: f"{NUMERALS[x[1].casefold()]}00"),
        (rf"\b({_ONES}) thousand\b", lambda x: f"{NUMERALS[x[1].casefold()]}000"),
        (rf"\b({_TENS})[- ]({_ONES}|{_TH})\b", _sum),
        (r"\bre-(?=(?:start|boot|install|open|use|name)\w*)", "re"),
        (r"(\d)(km|kg|cm|mm|kb|mb|gb|tb|ml|lbs?|mph)\b", r"\1 \2"),
        (r"\b(world war|part|chapter|type|volume|phase|level|act) (i{1,3}|iv|v)\b",
         lambda x: f"{x[1]} {_ROMAN[x[2].casefold()]}"),
        (r"\b(?:ww|wwi?)(?<=ww) ?(i{1,2}|1|2)\b",
         lambda x: f"world war {_ROMAN.get(x[1].casefold(), x[1])}"),
        (r"\b([a-z]{2,})-?(\d+)\b(?![.\w]*[/_(])", r"\1 \2"),
        (r" ?°\s?c\b|(?<=\d) ?degrees c(?:elsius)?\b|(?<=\d) ?c\b(?= to| in|\?|$)",
         " celsius"),
        (r" ?°\s?f\b|(?<=\d) ?degrees f(?:ahrenheit)?\b|(?<=\d) ?f\b(?= to| in|\?|$)",
         " fahrenheit"),
        (r"\$\s?(\d[\d.,]*)", r"\1 dollars"),
        (r"€\s?(\d[\d.,]*)|(\d[\d.,]*)\s?€", r"\1\2 euros"),
        (r"£\s?(\d[\d.,]*)", r"\1 sterling"),
        (r"[¥￥]\s?(\d[\d.,]*)", r"\1 yen"),
        (r"\b(\d+)-(?=[a-z]{3,})", r"\1 "),
    )
)  # fmt: skip
_WORD = re.compile(r"(?<![\w/.@#:-])[^\W\d_]+(?![\w@#:(]|[./]\w)")


def respelled(text: str) -> str:
    """A text with its words in their usual and full spelling."""
    for pattern, to in _RULES:
        text = pattern.sub(to, text)
    return _WORD.sub(lambda x: SPELLINGS.get(x[0].casefold(), x[0]), text)


def _full(verb: str) -> str:
    return f"{verb} not" if verb.casefold() == "can" else f"{verb[:-1]} not"
