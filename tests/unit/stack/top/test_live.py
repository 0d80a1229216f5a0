import io
from dataclasses import replace

import pytest
from rich.console import Console

from stack.top.facts import Facts
from stack.top.glyphs import UNICODE
from stack.top.live import Live
from stack.top.screen import Size
from stack.top.terminal import Terminal
from tests.screens import Grid
from tests.tops import FACTS


class Script(Terminal):
    """A terminal at which keys are typed one after the other; then somebody has seen enough."""

    def __init__(self, *typed: str, size: Size = Size(80, 24)) -> None:  # noqa: B008 (frozen)
        self.grid = Grid()
        self.shown: list[str] = []
        """What was on the screen when each key was waited for."""
        self.sent: list[str] = []
        self.suspended = 0
        self._typed = [*typed, "q"]
        self._size = size

    @property
    def size(self) -> Size:
        return self._size

    def write(self, text: str) -> None:
        self.sent.append(text)
        self.grid.write(text)

    def keys(self, within_seconds: float) -> str:
        self.shown.append(self.grid.text)
        key = self._typed.pop(0)
        if key.startswith("size "):
            columns, rows = key.split()[1:]
            self._size, key = Size(int(columns), int(rows)), ""
        return key

    def suspend(self) -> None:
        self.suspended += 1


class Told:
    """Facts that change whenever they are asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> Facts:
        self.asked += 1
        return replace(FACTS, title=f"look-{self.asked}")


def watched(script: Script, interval: float = 0.0) -> Told:
    told = Told()
    console = Console(file=io.StringIO(), force_terminal=True, highlight=False)
    Live(told, script, console, UNICODE, interval).run()
    return told


def test_it_is_drawn_until_q_is_pressed() -> None:
    script = Script("", "")
    watched(script)
    first, second, third = script.shown
    assert "look-2" in first
    assert "look-3" in second
    assert "look-4" in third


def test_between_two_intervals_nothing_is_asked_but_keys_are_obeyed() -> None:
    script = Script("s", "s")
    told = watched(script, interval=600.0)
    assert told.asked == 2  # once to begin with, once to draw
    assert ["sort: age" in text for text in script.shown] == [True, False, False]
    assert "sort: tok/s" in script.shown[-1]


def test_while_it_is_paused_nothing_moves_but_the_order_may_change() -> None:
    script = Script("p", "", "s", "p", "")
    watched(script)
    titles = [text.split()[3] for text in script.shown]
    assert titles == ["look-2", "look-2", "look-2", "look-2", "look-3", "look-4"]
    assert ["PAUSED" in text for text in script.shown] == [False, True, True, True, False, False]
    assert "sort: tokens" in script.shown[3]


def test_m_shows_the_requests_of_one_model() -> None:
    script = Script("m", "m")
    watched(script)
    assert "m model: llama3.2:3b" in script.shown[1]
    assert "m model: qwen3:8b" in script.shown[2]


def test_only_what_changed_is_sent() -> None:
    script = Script("", "")
    watched(script)
    first, second, third = script.sent
    assert first.count("\x1b[K") == 24
    assert second.count("\x1b[K") == third.count("\x1b[K") == 1
    assert len(second) < 200


def test_another_size_is_another_screen() -> None:
    script = Script("size 160 50", "size 30 8")
    watched(script)
    assert [len(text.split("\n")) for text in script.shown] == [24, 50, 8]
    assert max(map(len, script.shown[2].split("\n"))) <= 30
    assert all("\x1b[2J" in text for text in script.sent)


@pytest.mark.parametrize("key", ["\x0c", "\x1a"])
def test_a_screen_that_others_wrote_on_is_drawn_anew(key: str) -> None:
    script = Script(key)
    watched(script)
    assert script.sent[1].startswith("\x1b[0m\x1b[2J")
    assert script.suspended == (key == "\x1a")


def test_keys_that_mean_nothing_change_nothing() -> None:
    script = Script("x", "~")
    watched(script, interval=600.0)
    assert script.shown[0] == script.shown[1] == script.shown[2]
    assert len(script.sent) == 1
