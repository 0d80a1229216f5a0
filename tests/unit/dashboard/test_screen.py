"""All who look at a view get the same bytes, whole first, and those who are slow again whole."""

from dataclasses import dataclass, field

import msgspec

from dashboard.frames import Buffer
from dashboard.messages import Frame, Series
from dashboard.screen import MOST_NUMBERS, Added, Screen, ShownPanel
from dashboard.views import Grid, View

GRID = Grid(100, 10, 2)
NEXT = Grid(120, 10, 1)


@dataclass(eq=False)
class Page:
    """A viewer that takes `room` frames and then no more, until it is emptied."""

    room: int = 100
    frames: list[bytes] = field(default_factory=list)
    is_ready: bool = True

    def offer(self, frame: bytes, /) -> bool:
        if len(self.frames) >= self.room:
            self.is_ready = False
            return False
        self.frames.append(frame)
        return True

    def take(self) -> list[Frame]:
        taken = [msgspec.json.decode(frame, type=Frame) for frame in self.frames]
        self.frames.clear()
        self.is_ready = True
        return taken


def series(*values: float | None) -> list[Series]:
    return [Series(0, {}, list(values))]


class Watched:
    """A screen of two panels, and how often a frame was encoded."""

    def __init__(self) -> None:
        self.encoded = 0
        self.screen = Screen(View(), 0.0, self._encode)
        for name in ("p", "q"):
            self.screen.panels[name] = ShownPanel(("a",), Buffer(GRID, series(1, 2)))

    def _encode(self, frame: Frame) -> bytes:
        self.encoded += 1
        return msgspec.json.encode(frame)

    def add(self, *panels: str) -> None:
        self.screen.take([Added(name, self._next(name), series(3)) for name in panels])
        self.screen.catch_up()

    def _next(self, name: str) -> Grid:
        buffer = self.screen.panels[name].buffer
        assert buffer is not None
        return Grid(buffer.grid.end + buffer.grid.step, buffer.grid.step, 1)


def told(frames: list[Frame]) -> list[tuple[bool, list[str]]]:
    return [(frame.is_whole, [part.id for part in frame.panels]) for frame in frames]


def test_a_panel_is_whole_first_and_then_gets_points() -> None:
    it, page = Watched(), Page()
    it.screen.seat(page, ("p",))
    it.screen.catch_up()
    (frame,) = page.take()
    assert (frame.is_whole, frame.start, frame.step, frame.count) == (True, 100, 10, 2)
    assert frame.panels[0].exprs == ("a",)
    it.add("p", "q")
    (frame,) = page.take()
    assert (frame.is_whole, frame.start, frame.count) == (False, 120, 1)
    assert [(part.id, part.series[0].values) for part in frame.panels] == [("p", [3.0])]


def test_a_frame_is_encoded_once_for_all() -> None:
    it, pages = Watched(), [Page() for _ in range(200)]
    for page in pages:
        it.screen.seat(page, ("p", "q"))
    it.screen.catch_up()
    it.add("p", "q")
    assert it.encoded == 2
    assert len({page.frames[1] for page in pages}) == 1
    assert all(page.frames[1] is pages[0].frames[1] for page in pages)


def test_a_panel_that_comes_on_the_screen_is_given_from_what_is_there() -> None:
    it, page, other = Watched(), Page(), Page()
    it.screen.seat(page, ("p",))
    it.screen.seat(other, ("p", "q"))
    it.screen.catch_up()
    page.take()
    it.screen.seat(page, ("p", "q"))
    it.add("p", "q")
    assert told(page.take()) == [(False, ["p"]), (True, ["q"])]


def test_what_left_the_screen_is_whole_again_when_it_returns() -> None:
    it, page = Watched(), Page()
    for panels in (("p", "q"), ("p",), ("p", "q")):
        it.screen.seat(page, panels)
        it.screen.catch_up()
    assert told(page.take()) == [(True, ["p", "q"]), (True, ["q"])]


def test_a_slow_viewer_skips_and_gets_the_whole_when_it_is_ready() -> None:
    it, page = Watched(), Page(room=1)
    it.screen.seat(page, ("p",))
    it.screen.catch_up()
    it.add("p")
    it.add("p")
    assert told(page.take()) == [(True, ["p"])]
    it.screen.catch_up()
    (frame,) = page.take()
    assert (frame.is_whole, frame.start) == (True, 120)
    it.add("p")
    assert told(page.take()) == [(False, ["p"])]


def test_a_failure_is_said_and_the_points_stay() -> None:
    it, page = Watched(), Page()
    it.screen.seat(page, ("p",))
    it.screen.catch_up()
    page.take()
    it.screen.fail(["p"], "no", "do this")
    it.screen.fail(["p"], "no", "do this")
    (frame,) = page.take()
    assert (frame.is_whole, frame.count, frame.panels[0].error) == (False, 0, "no")
    assert frame.panels[0].exprs == ("a",)


def test_what_fails_together_is_said_together() -> None:
    it, page = Watched(), Page()
    it.screen.seat(page, ("p", "q"))
    it.screen.catch_up()
    page.take()
    it.screen.fail(["p", "q"], "no", "do this")
    assert told(page.take()) == [(False, ["p", "q"])]


def test_a_panel_without_points_says_its_failure_and_one_that_is_asked_for_says_nothing() -> None:
    it, page = Watched(), Page()
    it.screen.panels["p"] = ShownPanel(("a",), None, "no", "do this")
    it.screen.panels["q"] = ShownPanel(("a",))
    it.screen.seat(page, ("p", "q"))
    it.screen.catch_up()
    (frame,) = page.take()
    assert [(part.id, part.error, part.remedy) for part in frame.panels] == [("p", "no", "do this")]
    it.screen.take([Added("p", GRID, series(1, 2))])
    it.screen.catch_up()
    assert told(page.take()) == [(True, ["p"])]
    it.screen.catch_up()
    assert told(page.take()) == []


def test_points_that_do_not_go_on_are_all_that_there_is() -> None:
    it, page = Watched(), Page()
    it.screen.seat(page, ("p", "q"))
    it.screen.catch_up()
    page.take()
    later = Grid(200, 10, 2)
    it.screen.take([Added("p", later, series(8, 9)), Added("q", NEXT, series(3))])
    it.screen.catch_up()
    added, whole = page.take()
    assert told([added, whole]) == [(False, ["q"]), (True, ["p"])]
    assert (whole.start, whole.panels[0].series[0].values) == (200, [8, 9])


def test_who_comes_between_two_points_has_each_of_them_once() -> None:
    it, page = Watched(), Page()
    it.add("p")
    it.screen.seat(page, ("p",))
    it.screen.catch_up()
    it.screen.take([Added("p", Grid(130, 10, 1), series(4))])
    whole, added = page.take()
    assert (whole.start, whole.panels[0].series[0].values) == (110, [2, 3])
    assert (added.start, added.panels[0].series[0].values) == (130, [4])


def test_much_is_given_in_several_frames_of_which_a_slow_viewer_takes_one_after_the_other() -> None:
    it, page = Watched(), Page(room=1)
    half = Grid(0, 1, MOST_NUMBERS // 2)
    names = ["a", "b", "c"]
    for name in names:
        it.screen.panels[name] = ShownPanel(("a",), Buffer(half, series(*[1.0] * half.count)))
    it.screen.seat(page, names)
    it.screen.catch_up()
    assert told(page.take()) == [(True, ["a", "b"])]
    it.screen.catch_up()
    assert told(page.take()) == [(True, ["c"])]


def test_what_a_slow_viewer_took_of_two_frames_is_not_given_again() -> None:
    it, page = Watched(), Page(room=1)
    it.screen.panels["q"] = ShownPanel(("a",), Buffer(NEXT, series(3)))
    it.screen.seat(page, ("p", "q"))
    it.screen.catch_up()
    assert told(page.take()) == [(True, ["p"])]
    it.screen.catch_up()
    assert told(page.take()) == [(True, ["q"])]
