"""Rows in columns that fit a width: the widest text of each, as far as there is room. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from stack.alerts import printable
from stack.top.glyphs import Glyphs

GAP = 2
_LEAST = 4
HEADING = "bold"

Cell = str | Text


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `width` is kept for it at least, so that it does not dance.

    Where it is narrow those of the highest `rank` are left out first, 0 never; the one that `grows`
    has what is left. One without any text is left out.
    """

    title: str
    width: int = 0
    rank: int = 0
    is_right: bool = False
    grows: bool = False


def cut(text: str, width: int, ellipsis: str) -> str:
    """A text of at most so many cells."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - cell_len(ellipsis))) + ellipsis[:width]


def wrapped(text: str, width: int, indent: str = "  ") -> list[str]:
    """A text as lines of at most so many cells, all but the first indented where there is room."""
    indent = indent if width > len(indent) else ""
    lines = [""]
    for word in text.split():
        before = " " if lines[-1].strip() else ""
        if cell_len(lines[-1] + before + word) <= width:
            lines[-1] += before + word
            continue
        if lines[-1].strip():
            lines.append(indent)
        for letter in word:
            if lines[-1].strip() and cell_len(lines[-1] + letter) > width:
                lines.append(indent)
            lines[-1] += letter
    return [line for line in lines if line.strip()]


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    width: int,
    glyphs: Glyphs,
    has_heading: bool = True,
) -> list[Text]:
    """The rows as lines, a heading first where it is wanted."""
    cells = [[_text(cell) for cell in row] for row in rows]
    widths = fitted(columns, [[cell.cell_len for cell in row] for row in cells], width, has_heading)
    if has_heading:
        cells.insert(0, [Text(column.title, HEADING) for column in columns])
    lines = [_line(columns, row, widths, glyphs) for row in cells]
    for line in lines:
        line.truncate(width)
    return lines


def fitted(
    columns: Sequence[Column], lengths: Sequence[Sequence[int]], width: int, has_heading: bool
) -> dict[int, int]:
    """The width of each column that is shown, by its place. `lengths` are those of the cells."""
    longest = [max((row[place] for row in lengths), default=0) for place in range(len(columns))]
    shown = {
        place: max(column.width, longest[place] if not column.grows else 0)
        for place, column in enumerate(columns)
        if longest[place] or (column.rank == 0)
    }
    if has_heading:
        shown = {place: max(room, len(columns[place].title)) for place, room in shown.items()}
    while _whole(shown) > width and (most := max(columns[place].rank for place in shown)):
        del shown[next(place for place in shown if columns[place].rank == most)]
    left = width - _whole(shown)
    for place in shown:
        if columns[place].grows:
            wanted = max(shown[place], longest[place])
            shown[place] = max(_LEAST, min(wanted, shown[place] + left))
    return shown


def _whole(shown: dict[int, int]) -> int:
    return sum(shown.values()) + GAP * (len(shown) - 1)


def _text(cell: Cell) -> Text:
    # what a server says may hold what moves the cursor
    return Text(printable(cell)) if isinstance(cell, str) else cell


def _line(
    columns: Sequence[Column], cells: Sequence[Text], widths: dict[int, int], glyphs: Glyphs
) -> Text:
    line = Text(no_wrap=True, overflow="crop", end="")
    for number, (place, width) in enumerate(widths.items()):
        cell = cells[place]
        text = cut(cell.plain, width, glyphs.ellipsis)
        blank = " " * (width - cell_len(text))
        padded = f"{blank}{text}" if columns[place].is_right else f"{text}{blank}"
        line.append(" " * GAP if number else "")
        line.append(padded, cell.style)
    line.rstrip()
    return line
