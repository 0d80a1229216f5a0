"""A program at a terminal of its own: what it shows is read, and what is typed it gets."""

import contextlib
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Iterator

from ollama_observe.service.readable import readable
from tests.generators import MODEL

WITHIN_SECONDS = 30.0
AGAIN_SECONDS = 5.0
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """The other end of a program's terminal."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int) -> None:
        self.shown = ""
        self._process = process
        self._master = master
        self._read = 0

    def expect(self, text: str) -> str:
        """Read until `text` is shown, after what was expected before; what came until then."""
        until = time.monotonic() + WITHIN_SECONDS
        while (at := self.shown.find(text, self._read)) < 0:
            assert self._more(until), f"{text!r} was not shown after {self.shown[self._read :]!r}"
        found = self.shown[self._read : at]
        self._read = at + len(text)
        return found

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def enter(self, text: str = "") -> None:
        self.type(f"{text}\n")

    def interrupt(self, until_said: str) -> None:
        """Ctrl-C, pressed again while nothing comes of it, as people do.

        Between a question and the read that waits for its answer Python does not hear a signal
        before the next key.
        """
        until = time.monotonic() + WITHIN_SECONDS
        while until_said not in self.shown and time.monotonic() < until:
            self.type("\x03")
            again = time.monotonic() + AGAIN_SECONDS
            while until_said not in self.shown and self._more(again):
                pass

    def end(self) -> int:
        """Read to the end; the exit code."""
        until = time.monotonic() + WITHIN_SECONDS
        while self._more(until):
            pass
        return self._process.wait(WITHIN_SECONDS)

    def _more(self, until: float) -> bool:
        left = until - time.monotonic()
        if left <= 0 or not readable([self._master], left):
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # how Linux says that nobody has the other end open
            return False
        self.shown = _CONTROL.sub("", self.shown + data.decode(errors="replace")).replace("\r", "")
        return bool(data)


_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    " os.execv(sys.executable, [sys.executable, '-m', 'traffic', *sys.argv[1:]])"
)
"""So that a Ctrl-C that is typed is a signal, as it is at any terminal."""


@contextlib.contextmanager
def at_a_terminal(*words: str, **environment: str) -> Iterator[Terminal]:
    """`python -m traffic` with these words, at a terminal of 100 columns."""
    told = {"TRAFFIC_MODEL": MODEL, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKE_TERMINAL, *words],
        env=told | environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait()
        os.close(master)
