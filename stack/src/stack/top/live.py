"""The screen while it is watched: drawn once an interval, and at each key."""

import time
from collections.abc import Callable

from rich.console import Console

from stack.top.facts import Facts
from stack.top.glyphs import Glyphs
from stack.top.look import QUIT, Look, models_of, pressed
from stack.top.painting import Painter
from stack.top.screen import Size, screen
from stack.top.terminal import REDRAW, SUSPEND, Terminal


class Live:
    """Shows facts until somebody has seen enough."""

    def __init__(
        self,
        facts: Callable[[], Facts],
        terminal: Terminal,
        console: Console,
        glyphs: Glyphs,
        interval_seconds: float,
    ) -> None:
        self._look = Look()
        self._latest = facts
        self._facts = facts()
        self._terminal = terminal
        self._painter = Painter(console)
        self._size: Size | None = None
        self._glyphs = glyphs
        self._interval_seconds = interval_seconds

    def run(self) -> None:
        """Until a key says so. Raises: EOFError where the terminal is gone."""
        due = time.monotonic()
        while True:
            if time.monotonic() >= due:
                due = max(due + self._interval_seconds, time.monotonic())
                if not self._look.is_paused:
                    self._facts = self._latest()
            self._draw()
            for key in self._terminal.keys(due - time.monotonic()):
                if key in QUIT:
                    return
                self._press(key)

    def _press(self, key: str) -> None:
        match key:
            case _ if key == REDRAW:
                self._painter.forget()
            case _ if key == SUSPEND:
                self._terminal.suspend()
                self._painter.forget()
            case _:
                self._look = pressed(self._look, key, models_of(self._facts))

    def _draw(self) -> None:
        size = self._terminal.size
        if size != self._size:
            self._painter.forget()
            self._size = size
        lines = screen(self._facts, self._look, size, self._glyphs)
        changes = self._painter.changes(lines, size.columns)
        if changes:
            self._terminal.write(changes)
