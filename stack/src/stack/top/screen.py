"""A screen of some size: which blocks there is room for, and how many rows each list has. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.text import Text

from stack.top import blocks, lists
from stack.top.facts import Facts
from stack.top.glyphs import Glyphs
from stack.top.look import Look, ordered

WIDE = 132
"""From so many columns on two lists stand side by side."""
TALL = 36
"""From so many rows on the lines of the last minutes are several high."""
_TALL_CHART = 3
_BETWEEN = 3
_LISTED_PART = 3
"""Of a low screen lists have at least the third part, as far as they have something to show."""

Draw = Callable[[int, int | None], list[Text]]
"""The lines of a list for a width, with so many rows under its heading; None: with all."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of a terminal, in cells. `rows` None: as many as there are."""

    columns: int
    rows: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Lines that stay together. Where it is low, those of the highest `rank` go first, 0 never."""

    lines: Sequence[Text]
    rank: int = 0


@dataclass(frozen=True, slots=True)
class _List:
    """A list of `count` entries; of those with a larger `share` more are shown."""

    count: int
    share: int
    draw: Draw


def screen(facts: Facts, look: Look, size: Size, glyphs: Glyphs) -> list[Text]:
    """The lines, from the top; no more than there are rows."""
    width, rows = size.columns, size.rows
    head, foot = _head(facts, look, size, glyphs), _foot(facts, look, size, glyphs)
    listed = _lists(facts, look, size, glyphs)
    if rows is None:
        body = [line for one in listed for line in one.draw(width, None)]
        return [*joined(head), *body, *joined(foot)]
    wanted = [one.count for one in listed]
    least = min(sum(wanted), rows // _LISTED_PART)
    kept = fitting([*head, *foot], rows - len(listed) - least)
    head, foot = ([one for one in blocks if one in kept] for blocks in (head, foot))
    room = rows - len(joined([*head, *foot])) - len(listed)
    given = shared(room, wanted, [one.share for one in listed])
    drawn = zip(listed, given, strict=True)
    body = [line for one, count in drawn for line in one.draw(width, count)]
    blank = [Text("", end="")] * (room + len(listed) - len(body))
    return [*joined(head), *body, *blank, *joined(foot)][:rows]


def _head(facts: Facts, look: Look, size: Size, glyphs: Glyphs) -> list[Block]:
    width = size.columns
    is_tall = size.rows is not None and size.rows >= TALL
    tokens, median, late = blocks.charts(facts, width, _TALL_CHART if is_tall else 1, glyphs)
    cards = blocks.gpus(facts, width, glyphs)
    return [
        Block([blocks.title(facts, look, width)]),
        Block([blocks.headline(facts, width)]),
        Block(blocks.troubles(facts, width, glyphs), 1),
        Block(tokens, 5),
        Block(median, 9),
        Block(late, 6),
        *(Block([card], 7 if number else 4) for number, card in enumerate(cards)),
        Block(blocks.host(facts, width), 8),
    ]


def _foot(facts: Facts, look: Look, size: Size, glyphs: Glyphs) -> list[Block]:
    found = [Block(blocks.errors(facts, size.columns, glyphs), 2)]
    if size.rows is not None:
        found.append(Block([blocks.keys(look, size.columns, glyphs)], 3))
    return found


def _lists(facts: Facts, look: Look, size: Size, glyphs: Glyphs) -> list[_List]:
    loaded = [one for one in facts.models if look.model in (None, one.name)]
    asked = ordered(facts.requests, look)
    over = [one for one in facts.finished if look.model in (None, one.model)]
    models = _List(len(loaded), 2, lambda w, n: lists.models(loaded, w, n, glyphs))
    requests = _List(len(asked), 3, lambda w, n: lists.requests(asked, w, n, glyphs))
    ended = _List(len(over), 2, lambda w, n: lists.ended(over, w, n, glyphs))
    shown = [models] if facts.has_exporter else []
    if not facts.has_proxy:  # nobody knows what is in flight
        return [*shown, ended] if over else shown
    if size.columns >= WIDE and size.rows is not None:
        return [*shown, _beside(requests, ended)]
    return [*shown, requests, ended]


def _beside(left: _List, right: _List) -> _List:
    """Two lists as one."""

    def draw(width: int, rows: int | None) -> list[Text]:
        half = (width - _BETWEEN) // 2
        return side_by_side(left.draw(half, rows), right.draw(half, rows), half)

    return _List(max(left.count, right.count), left.share + right.share, draw)


def fitting(found: Sequence[Block], room: int) -> list[Block]:
    """The blocks that fit into so many lines: the later of equals is left out first."""
    kept = [block for block in found if block.lines]
    while len(joined(kept)) > room and (most := max(block.rank for block in kept)):
        kept.remove(next(block for block in reversed(kept) if block.rank == most))
    return kept


def shared(room: int, wanted: Sequence[int], shares: Sequence[int]) -> list[int]:
    """Rows for each list: what it wants where there is room for all, else by its share."""
    given = [0] * len(wanted)
    left = max(0, room)
    while left and given != list(wanted):
        for place, share in enumerate(shares):
            more = min(share, wanted[place] - given[place], left)
            given[place] += more
            left -= more
    return given


def side_by_side(left: Sequence[Text], right: Sequence[Text], width: int) -> list[Text]:
    """Two blocks of lines as one; `width` is the left one's."""
    lines = []
    for number in range(max(len(left), len(right))):
        line = Text(end="", no_wrap=True)
        if number < len(left):
            line.append_text(left[number])
        if number < len(right):
            line.append(" " * (width + _BETWEEN - line.cell_len))
            line.append_text(right[number])
        lines.append(line)
    return lines


def joined(found: Sequence[Block]) -> list[Text]:
    """The lines of all."""
    return [line for block in found for line in block.lines]
