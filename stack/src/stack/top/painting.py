"""Writes a screen as what a terminal is sent: only the lines that changed, since lines are slow."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

_HOME = "\x1b[{row};1H"
_RESET_AND_CLEAR_LINE = "\x1b[0m\x1b[K"
_CLEAR = "\x1b[0m\x1b[2J"


class Painter:
    """Remembers what a terminal shows. `console` says which colours it has."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: list[Text] | None = None

    def forget(self) -> None:
        """What the terminal shows is not known any more: it was resized, or used by others."""
        self._shown = None

    def changes(self, lines: Sequence[Text], columns: int) -> str:
        """What makes it show these lines; empty where it does."""
        before = self._shown or []
        out = [] if self._shown is not None else [_CLEAR]
        for number in range(max(len(lines), len(before))):
            line = lines[number] if number < len(lines) else Text("")
            if number < len(before) and _is_same(before[number], line):
                continue
            # cleared first: a line as wide as the terminal leaves the cursor on its last cell
            out.append(_HOME.format(row=number + 1) + _RESET_AND_CLEAR_LINE)
            out.append(self._written(line, columns))
        self._shown = list(lines)
        return "".join(out)

    def _written(self, line: Text, columns: int) -> str:
        with self._console.capture() as capture:
            self._console.print(
                line, end="", width=columns, no_wrap=True, overflow="crop", highlight=False
            )
        return capture.get()


def _is_same(one: Text, other: Text) -> bool:
    """Whether two lines look alike: equality leaves the style of the whole out."""
    return one == other and one.style == other.style
