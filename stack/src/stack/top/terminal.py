"""The terminal while a screen is shown: its other screen, keys as they are typed, its size.

However it is left, it is as it was. Ctrl-C comes as a key, since make, which started us, would say
that it was interrupted; other signals raise what they raise.
"""

import contextlib
import os
import signal
import sys
import termios
from collections.abc import Callable, Mapping
from types import FrameType, TracebackType
from typing import Any, Self, TextIO

from ollama_observe.service.readable import readable
from stack.top.screen import Size

_BEGIN = "\x1b[?1049h\x1b[?25l\x1b[?7l"
"""Its other screen, without a cursor, and without lines that run on."""
_END = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"

REDRAW, SUSPEND = "\x0c", "\x1a"
"""Ctrl-L, Ctrl-Z."""
_FALLBACK = Size(80, 24)
_MOST_KEYS_BYTES = 1024
_GONE = "the terminal is gone"


def is_screen(out: TextIO, variables: Mapping[str, str]) -> bool:
    """Whether a screen can be shown there: it is a terminal, and one whose cursor moves."""
    return out.isatty() and variables.get("TERM", "") not in ("", "dumb")


def size_of(descriptor: int) -> Size:
    """The size of a terminal; the usual one where it does not say."""
    with contextlib.suppress(OSError):
        columns, rows = os.get_terminal_size(descriptor)
        if columns and rows:
            return Size(columns, rows)
    return _FALLBACK


class Terminal:
    """Our terminal, while the block runs. Without keys where they come from elsewhere."""

    def __init__(self, keys: TextIO = sys.stdin, out: TextIO = sys.stdout) -> None:
        self._out = out.fileno()
        self._encoding = out.encoding
        self._keys = keys.fileno() if keys.isatty() else None
        self._modes: list[Any] | None = None
        self._woken, self._wake = os.pipe()
        self._before: Callable[[int, FrameType | None], Any] | int | None = None

    def __enter__(self) -> Self:
        os.set_blocking(self._wake, False)
        self._before = signal.signal(signal.SIGWINCH, self._resized)
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave()
        signal.signal(signal.SIGWINCH, self._before)
        os.close(self._woken)
        os.close(self._wake)

    @property
    def size(self) -> Size:
        """Its size now."""
        return size_of(self._out)

    def write(self, text: str) -> None:
        """Send it a text, whole. Raises: EOFError where it is gone."""
        data = text.encode(self._encoding, errors="replace")
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except OSError as error:
            raise EOFError(_GONE) from error

    def keys(self, within_seconds: float) -> str:
        """What is typed within a time, or before: at the first key, or a change of its size.

        Raises: EOFError where it is gone.
        """
        watched = [self._woken, *([] if self._keys is None else [self._keys])]
        ready = readable(watched, within_seconds)
        if self._woken in ready:
            os.read(self._woken, _MOST_KEYS_BYTES)
        if self._keys is None or self._keys not in ready:
            return ""
        try:
            typed = os.read(self._keys, _MOST_KEYS_BYTES)
        except OSError:  # how Linux says it
            typed = b""
        if not typed:
            raise EOFError(_GONE)
        # arrows and their like come as several characters, of which each would mean something
        return "" if typed.startswith(b"\x1b") else typed.decode(errors="replace")

    def suspend(self) -> None:
        """Stop, and all that the shell started with us, until it goes on."""
        self._leave()
        os.kill(0, signal.SIGTSTP)
        self._begin()

    def _begin(self) -> None:
        if self._keys is not None:
            self._modes = termios.tcgetattr(self._keys)
            modes = termios.tcgetattr(self._keys)
            modes[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG)
            termios.tcsetattr(self._keys, termios.TCSADRAIN, modes)
        self.write(_BEGIN)

    def _leave(self) -> None:
        with contextlib.suppress(EOFError):
            self.write(_END)
        if self._keys is not None and self._modes is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._keys, termios.TCSAFLUSH, self._modes)

    def _resized(self, *_: object) -> None:
        with contextlib.suppress(BlockingIOError):  # it is woken already
            os.write(self._wake, b"\0")
