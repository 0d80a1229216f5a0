"""A terminal of some size, with a program at it: what it shows, and what is typed at it.

The program's end is a real pseudo-terminal. What it writes is put on a screen as a terminal would,
as far as `stack.top` goes; anything else it might send fails the test.
"""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ollama_observe.service.readable import readable

WITHIN_SECONDS = 30.0
_SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([a-zA-Z])")
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    " os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
_MODES = {"1049": "other screen", "25": "cursor", "7": "wrap"}


class Grid:
    """The cells of a screen."""

    def __init__(self) -> None:
        self.rows: dict[int, str] = {}
        self.modes = {"other screen": False, "cursor": True, "wrap": True}
        self.colours = 0
        """How often one was asked for."""
        self._row = self._column = 0
        self._rest = ""

    def write(self, text: str) -> None:
        """Put what a program sends."""
        text = self._rest + text
        # a sequence that is not there yet in whole
        begin = text.rfind("\x1b")
        is_cut = begin >= 0 and not _SEQUENCE.match(text, begin)
        self._rest, text = (text[begin:], text[:begin]) if is_cut else ("", text)
        at = 0
        for found in _SEQUENCE.finditer(text):
            self._put(text[at : found.start()])
            self._obey(*found.groups())
            at = found.end()
        self._put(text[at:])

    def _put(self, text: str) -> None:
        if text:
            line = self.rows.get(self._row, "").ljust(self._column)
            rest = line[self._column + len(text) :]
            self.rows[self._row] = f"{line[: self._column]}{text}{rest}"
            self._column += len(text)

    def _obey(self, private: str, numbers: str, letter: str) -> None:
        match private, letter:
            case "?", "h" | "l":
                self.modes[_MODES[numbers]] = letter == "h"
            case "", "H":
                row, column = map(int, numbers.split(";"))
                self._row, self._column = row - 1, column - 1
            case "", "K":
                self.rows[self._row] = self.rows.get(self._row, "")[: self._column]
            case "", "J":
                self.rows = {}
            case "", "m":
                self.colours += any(30 <= int(n or 0) <= 49 for n in numbers.split(";"))
            case _:
                raise AssertionError(f"no terminal does this: {private}{numbers}{letter}")

    @property
    def text(self) -> str:
        """All of it, from the top."""
        last = max(self.rows, default=-1)
        return "\n".join(self.rows.get(row, "").rstrip() for row in range(last + 1))


class Seat:
    """The viewer's end."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int, slave: int) -> None:
        self.grid = Grid()
        self.bytes = b""
        self._process = process
        self._master = master
        self._slave = slave

    def until(self, shown: str | Callable[[str], bool]) -> str:
        """Read until something is on the screen; the screen."""
        end = time.monotonic() + WITHIN_SECONDS
        while not (shown in self.grid.text if isinstance(shown, str) else shown(self.grid.text)):
            assert self._more(end - time.monotonic()), f"{shown!r} is not in\n{self.grid.text}"
        return self.grid.text

    def listen(self, seconds: float) -> bytes:
        """What comes within a time."""
        before, end = len(self.bytes), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._more(left)
        return self.bytes[before:]

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self._process.pid, signal.SIGWINCH)

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + WITHIN_SECONDS
        while self._process.poll() is None:
            assert time.monotonic() < end, f"it goes on:\n{self.grid.text}"
            self._more(0.05)
        while self._more(0.05):
            pass
        return self._process.wait()

    @property
    def modes(self) -> list[Any]:
        """How the terminal is set."""
        return termios.tcgetattr(self._slave)

    @property
    def pid(self) -> int:
        return self._process.pid

    def _more(self, within: float) -> bool:
        if not readable([self._master], within):
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # how Linux says that nobody has the other end open
            return False
        self.bytes += data
        self.grid.write(data.decode(errors="replace"))
        return bool(data)


@contextlib.contextmanager
def at_a_screen(
    words: Sequence[str], environment: dict[str, str], columns: int = 80, rows: int = 24
) -> Iterator[Seat]:
    """`python WORDS` at a terminal of its own."""
    master, slave = pty.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKE_TERMINAL, *words],
        env={"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    try:
        yield Seat(process, master, slave)
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)
