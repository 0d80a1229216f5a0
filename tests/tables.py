"""The tables of a document."""

import re
from itertools import groupby

_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")

Row = tuple[str, ...]


def rows(text: str) -> list[Row]:
    """The cells of every table of a text, row by row, without the heads."""
    runs = groupby(text.splitlines(), lambda line: line.startswith("|"))
    return [_cells(line) for is_table, lines in runs if is_table for line in list(lines)[2:]]


def _cells(line: str) -> Row:
    return tuple(cell.strip().replace("\\|", "|") for cell in _BETWEEN_CELLS.split(line)[1:-1])
