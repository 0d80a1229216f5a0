"""What a text quotes, and what of it is code or formula: it counts letter by letter. Pure."""

import re

from proxy.cache.semantic.lexicon import PLATFORMS

_QUOTED = re.compile(
    r"“([^”]+)”|„([^“”]+)[“”]|«\s*([^»]+?)\s*»|\"([^\"]+)\"|`+([^`]+)`+|「([^」]+)」|『([^』]+)』"
    r"|《([^》]+)》|‘([^’]+)’(?!\w)|(?<!\w)'([^']+)'(?!\w)"
)
_CODE = re.compile(r"[_/\\.:@#$&*=+~^<>()\[\]{}|]|^--?[A-Za-z]|[a-z][A-Z]|[A-Za-z]\d|\d[A-Za-z]")
_NUMBERS_ONLY = re.compile(r"[^A-Za-z_]*")
_LETTER = re.compile(r"(?<![\w'’°])[b-df-hj-np-tv-zB-DF-HJ-NP-TV-Z](?![\w'’])")
_OPERATOR = re.compile(r"[=<>!]=|[=<>≤≥≠±^√∫∑]")
_BRACKETED = re.compile(r"[-+*/×÷^%−–,]\s*[(\[{]|[)\]}]\s*[-+*/×÷^%−–,]|[(\[{]\s*-?\d")
_NUMBER_OR_BRACKET = re.compile(r"\d+|[-+*/×÷^%−–,()\[\]{}]")
_PLAIN = re.compile(r"[A-Za-z]{2,}\d+|\d+(?:st|nd|rd|th|km|kg|cm|mm|kb|mb|gb|tb|ml|lbs?|mph)", re.I)
"""Words with numbers and units count as those."""
_SHOUTED = re.compile(r"(?<!\S)![A-Za-z]\w*")
_LAST = re.compile(r"(?<![\w'’])([AEOUaeou])\W*$")
"""A vowel as the last word is a letter, great or small."""
_TIMES = re.compile(r"(?<=\d)\s*[x×]\s*(?=\d)")
_EDGES = ".,?!:;\"'()¿¡“”«»„‘’…？！。、，：；"


def quoted(text: str) -> list[str]:
    """What stands in quotation marks or backticks."""
    return [next(part for part in found.groups() if part) for found in _QUOTED.finditer(text)]


def code(text: str) -> list[str]:
    """Names of functions, files, options, addresses: words with a sign or a hump within them.

    Single letters count too: names of variables, and of programming languages.
    """
    text = _TIMES.sub(" ", text)
    words = (word.strip(_EDGES) or word for word in text.split())
    found = [x for x in words if _CODE.search(x) and not _NUMBERS_ONLY.fullmatch(x)]
    found = [x for x in found if not _PLAIN.fullmatch(x) and x.casefold() not in PLATFORMS]
    found += [letter.casefold() for letter in _LETTER.findall(text)]
    return found + _SHOUTED.findall(text) + _LAST.findall(text)


def operators(text: str) -> list[str]:
    """Signs of comparing and of formulae, in order; those that are words as well are left out.

    Of a formula with brackets also what is calculated first: its numbers with the brackets.
    """
    found = _OPERATOR.findall(text)
    return found + _NUMBER_OR_BRACKET.findall(text) if _BRACKETED.search(text) else found


def signs(text: str) -> list[str]:
    """Signs that stand alone and mean something: & and &&, < and <<, |, *, /."""
    words = _CALCULATED.sub(r"\1 ", text).split()
    *before, last = words or [""]
    found = [word for word in before if _SIGNS.fullmatch(word)]
    found += [bare for bare in (last.strip(_EDGES),) if bare and _SIGNS.fullmatch(bare)]
    return [word for word in found if word not in _PROSE]


_CALCULATED = re.compile(r"([\w)])\s*[-+*/×÷−–]\s*(?=[\w(])")
_SIGNS = re.compile(r"[^\w\s]+")
_PROSE = frozenset({"-", "–", "—", "%", "()", ")", "(", "…", "•", "+", "°"})
