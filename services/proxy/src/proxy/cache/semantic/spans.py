"""What a text quotes, and what of it is code or formula: it counts letter by letter. Pure."""

import re

_QUOTED = re.compile(
    r"“([^”]+)”|„([^“”]+)[“”]|«\s*([^»]+?)\s*»|\"([^\"]+)\"|`+([^`]+)`+|「([^」]+)」|『([^』]+)』"
    r"|《([^》]+)》|‘([^’]+)’(?!\w)|(?<!\w)'([^']+)'(?!\w)"
)
_CODE = re.compile(r"[_/\\.:@#$&*=+~^<>()\[\]{}|]|^--?[A-Za-z]|[a-z][A-Z]|[A-Za-z]\d|\d[A-Za-z]")
_NUMBERS_ONLY = re.compile(r"[^A-Za-z_]*")
_LETTER = re.compile(r"(?<![\w'’])[b-df-hj-np-tv-zB-DF-HJ-NP-TV-Z](?![\w'’])")
_OPERATOR = re.compile(r"[=<>!]=|[=<>≤≥≠±^√∫∑]")
_EDGES = ".,?!:;\"'()¿¡“”«»„‘’…？！。、，：；"


def quoted(text: str) -> list[str]:
    """What stands in quotation marks or backticks."""
    return [next(part for part in found.groups() if part) for found in _QUOTED.finditer(text)]


def code(text: str) -> list[str]:
    """Names of functions, files, options, addresses: words with a sign or a hump within them.

    Single letters count too: names of variables, and of programming languages.
    """
    words = (word.strip(_EDGES) or word for word in text.split())
    found = [x for x in words if _CODE.search(x) and not _NUMBERS_ONLY.fullmatch(x)]
    return found + _LETTER.findall(text)


def operators(text: str) -> list[str]:
    """Signs of comparing and of formulae, in order; those that are words as well are left out."""
    return _OPERATOR.findall(text)
