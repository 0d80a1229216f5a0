import contextlib
import fcntl
import io
import os
import pty
import signal
import struct
import termios
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

import pytest

from ollama_observe.service.readable import readable
from stack.top.screen import Size
from stack.top.terminal import Terminal, is_screen, size_of

BEGIN = b"\x1b[?1049h\x1b[?25l\x1b[?7l"
END = b"\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"


@dataclass
class Line:
    """Both ends of a terminal: ours is `keys` and `out`, the viewer's is `master`."""

    master: int
    keys: TextIO
    out: TextIO

    def said(self, end: bytes = BEGIN) -> bytes:
        """What came up to an end: a terminal may hand on less than was written at once."""
        data = b""
        while not data.endswith(end):
            assert readable([self.master], 10), data
            data += os.read(self.master, 65536)
        return data


@contextlib.contextmanager
def line(columns: int = 80, rows: int = 24) -> Iterator[Line]:
    master, slave = pty.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with (
        os.fdopen(slave, "r", encoding="utf-8") as keys,
        os.fdopen(os.dup(slave), "w", encoding="utf-8") as out,
    ):
        yield Line(master, keys, out)
    with contextlib.suppress(OSError):
        os.close(master)


def modes(on: Line) -> list[object]:
    return termios.tcgetattr(on.keys)


def test_the_terminal_is_left_as_it_was_found() -> None:
    with line() as on:
        before = modes(on)
        with Terminal(on.keys, on.out):
            during = modes(on)
            assert on.said() == BEGIN
        assert on.said(END) == END
        assert modes(on) == before != during


def test_the_terminal_is_left_as_it_was_found_also_by_an_error() -> None:
    with line() as on:
        before, handler = modes(on), signal.getsignal(signal.SIGWINCH)
        with pytest.raises(KeyboardInterrupt), Terminal(on.keys, on.out):
            raise KeyboardInterrupt
        assert modes(on) == before
        assert on.said(END) == BEGIN + END
        assert signal.getsignal(signal.SIGWINCH) is handler


def test_keys_come_as_they_are_typed_ctrl_c_too_and_are_not_shown() -> None:
    with line() as on, Terminal(on.keys, on.out) as terminal:
        on.said()
        os.write(on.master, b"s\x03")
        typed = terminal.keys(5)
        assert (typed if len(typed) == 2 else typed + terminal.keys(5)) == "s\x03"
        assert terminal.keys(0.01) == ""
        terminal.write("shown")
        assert on.said(b"shown") == b"shown"


@pytest.mark.parametrize("key", [b"\x1b", b"\x1b[A", b"\x1bOP"])
def test_a_key_of_several_characters_is_none_of_them(key: bytes) -> None:
    with line() as on, Terminal(on.keys, on.out) as terminal:
        os.write(on.master, key)
        assert terminal.keys(5) == ""


def test_another_size_wakes_who_waits_for_a_key() -> None:
    with line(80, 24) as on, Terminal(on.keys, on.out) as terminal:
        assert terminal.size == Size(80, 24)

        def resize() -> None:
            fcntl.ioctl(on.master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
            os.kill(os.getpid(), signal.SIGWINCH)

        timer = threading.Timer(0.05, resize)
        timer.start()
        begun = time.monotonic()
        assert terminal.keys(20) == ""
        assert time.monotonic() - begun < 15
        assert terminal.size == Size(160, 50)
        timer.join()
        for _ in range(10_000):  # nobody reads, and no signal is to hang for it
            os.kill(os.getpid(), signal.SIGWINCH)


def test_a_terminal_that_went_away_is_an_end() -> None:
    with line() as on:
        with pytest.raises(EOFError), Terminal(on.keys, on.out) as terminal:
            os.close(on.master)
            terminal.keys(5)


def test_without_keys_it_is_shown_all_the_same() -> None:
    with line() as on, open(os.devnull, encoding="utf-8") as keys:  # noqa: PTH123
        with Terminal(keys, on.out) as terminal:
            assert terminal.keys(0.01) == ""
        assert on.said(END) == BEGIN + END


def test_what_an_encoding_does_not_have_is_replaced() -> None:
    with line() as on, os.fdopen(os.dup(on.out.fileno()), "w", encoding="ascii") as out:
        with Terminal(on.keys, out) as terminal:
            on.said()
            terminal.write("a模b")
            assert on.said(b"b") == b"a?b"


def test_a_terminal_that_does_not_say_has_the_usual_size() -> None:
    with line(0, 0) as on:
        assert size_of(on.out.fileno()) == Size(80, 24)
    assert size_of(-1) == Size(80, 24)


@pytest.mark.parametrize(
    ("term", "expected"), [("xterm", True), ("screen-256color", True), ("dumb", False), ("", False)]
)
def test_a_screen_needs_a_terminal_whose_cursor_moves(term: str, expected: bool) -> None:
    with line() as on:
        assert is_screen(on.out, {"TERM": term}) is expected
        assert not is_screen(on.out, {})
    assert not is_screen(io.StringIO(), {"TERM": "xterm"})
