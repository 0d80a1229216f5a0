"""The characters beyond letters that a screen is drawn with, and what stands in for them."""

from dataclasses import dataclass

from stack.top.sparkline import ASCII, BLOCKS


@dataclass(frozen=True, slots=True)
class Glyphs:
    """`bars` are those of a line of numbers, `ellipsis` says that a text was cut."""

    bars: str
    ellipsis: str
    degree: str
    failed: str


UNICODE = Glyphs(BLOCKS, "…", "°", "✗")
PLAIN = Glyphs(ASCII, ">", "", "x")


def glyphs_of(encoding: str | None) -> Glyphs:
    """Those that can be written in an encoding."""
    letters = "".join((UNICODE.bars, UNICODE.ellipsis, UNICODE.degree, UNICODE.failed))
    try:
        letters.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return PLAIN
    return UNICODE
