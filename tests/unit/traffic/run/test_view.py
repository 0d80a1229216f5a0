"""What the operator sees fits 80 columns and holds no question and no answer."""

import io
import re
import threading
from dataclasses import replace

import pytest
from rich.console import Console

from tests.clock import Clock
from tests.runs import cancelled, hit, many, missed, refused, whole
from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.results.test_summary import (
    PLAN,
    asked_for_portkey,
    direct,
    failed,
    ok,
    through_portkey,
)
from traffic.bank.questions import Category
from traffic.plan.plan import Endless, Plan
from traffic.request.attempt import Attempt, Failure
from traffic.results.drops import Drop
from traffic.results.units import duration
from traffic.run.progress import Running
from traffic.run.view import View, counts, percentiles, plain_line

LARGE = Plan("stress", 1, (question(),) * 101)
ENDLESS = Plan("continuous", 1, (), endless=Endless("", lambda: iter([question()])))


WITHIN_SECONDS = 30.0


class Watched(io.StringIO):
    """A text that says when it holds what is waited for."""

    def __init__(self, awaited: str) -> None:
        super().__init__()
        self._awaited = awaited
        self.came = threading.Event()

    def write(self, text: str) -> int:
        size = super().write(text)
        if self._awaited in self.getvalue():
            self.came.set()
        return size


def screen(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), width=80, force_terminal=terminal, color_system=None)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def plain(console: Console) -> list[str]:
    """What a terminal showed, without its control sequences."""
    return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", shown(console)).replace("\r", "\n").splitlines()


def test_a_plain_line_says_how_far_it_is_and_what_came() -> None:
    assert plain_line(3, 12, ok(0.25)) == (
        " 3/12 code                      ok  TTFT 250 ms  10.0 tokens/s"
    )
    line = plain_line(12, 12, failed(Failure.HTTP_STATUS, "server busy", 503))
    assert line == "12/12 code                      failed: http_503: server busy"


def test_a_plain_line_says_what_else_became_of_a_request() -> None:
    assert plain_line(1, 9, cancelled()).endswith("cancelled after 2 pieces")
    assert plain_line(1, 9, replace(ok(0.2), is_valid=False)).endswith("refused by its check")
    assert plain_line(0, 9, replace(ok(0.2), is_warm_up=True)).startswith("warm-up code ")


@pytest.mark.parametrize(
    ("attempt", "way"),
    [
        (direct(ok(0.25)), "direct     "),
        (through_portkey(ok(0.25)), "portkey    "),
        (asked_for_portkey(ok(0.25)), "went direct"),
    ],
)
def test_a_plain_line_names_the_way_that_was_taken(attempt: Attempt, way: str) -> None:
    assert plain_line(3, 12, attempt) == (
        f" 3/12 code                      {way}  ok  TTFT 250 ms  10.0 tokens/s"
    )


def test_a_failure_names_its_way_as_well() -> None:
    lost = failed(Failure.UNREACHABLE, "refused")
    lost.route = "portkey"
    assert plain_line(1, 1, lost).endswith("way unknown  failed: unreachable: refused")


def test_portkey_is_named_also_where_nobody_asked_for_it() -> None:
    met = through_portkey(ok(0.25))
    met.route = "default"
    assert " portkey " in plain_line(1, 1, met)


def test_of_a_small_plan_without_a_terminal_every_request_is_one_line() -> None:
    console = screen(terminal=False)
    with View(console, PLAN) as view:
        for attempt in (replace(ok(0.3), is_warm_up=True), ok(0.1), ok(0.2)):
            view.asked(question())
            view.answered(attempt)
    assert shown(console).splitlines() == [
        plain_line(0, 5, replace(ok(0.3), is_warm_up=True)),
        plain_line(1, 5, ok(0.1)),
        plain_line(2, 5, ok(0.2)),
    ]


@pytest.mark.parametrize("plan", [LARGE, ENDLESS], ids=["large", "endless"])
def test_of_a_large_plan_a_line_comes_now_and_then_also_when_nothing_happens(plan: Plan) -> None:
    text, clock = Watched("7 s  200 ok  1 in flight  TTFT p50 "), Clock()
    console = Console(file=text, width=80, color_system=None)
    with View(console, plan, clock, line_seconds=0.01) as view:
        for attempt in many(200):
            view.asked(question())
            view.answered(attempt)
        view.asked(question())
        clock.now += 7.0
        assert text.came.wait(WITHIN_SECONDS)
    lines = shown(console).splitlines()
    assert all(re.match(r"\d s  ", line) for line in lines)
    assert lines[-1].startswith("7 s  200 ok")


def test_the_last_line_of_a_large_plan_says_how_it_ended() -> None:
    console = screen(terminal=False)
    with View(console, LARGE, Clock(), line_seconds=600.0) as view:
        view.asked(question())
        view.answered(ok(0.1))
    assert shown(console) == (
        "0 s  1 ok  TTFT p50 101 ms p95 101 ms p99 101 ms  tokens/s p50 10.0 p95 10.0 p99 10.0\n"
    )


def test_on_a_terminal_the_display_holds_progress_category_and_figures() -> None:
    console = screen(terminal=True)
    longest = max(Category, key=len)
    with View(console, PLAN) as view:
        view.asked(question(category=longest))
        view.answered(ok(0.1))
        view.asked(question(category=longest))
        view.answered(failed(Failure.TIMEOUT, "[late] " + "x" * 200))
        view.dropped(question(turns=("a", "b")))
    live = plain(console)
    for part in (longest, "4/5", "TTFT p50 101 ms", "1 failed", "2 dropped", "timeout: [late]"):
        assert any(part in line for line in live), part
    assert max(len(line) for line in live) <= 80


def test_on_a_terminal_a_plan_without_an_end_shows_what_is_done() -> None:
    console = screen(terminal=True)
    with View(console, ENDLESS) as view:
        view.asked(question())
        view.answered(ok(0.1))
    assert any("1/?" in line for line in plain(console))


def test_everything_that_ended_and_was_dropped_is_kept() -> None:
    view = View(screen(terminal=False), PLAN)
    view.answered(ok(0.1))
    view.dropped(question(at_seconds=2.0, turns=("a", "b"), model="m:1b"))
    assert [attempt.ttft_seconds for attempt in view.keeper.attempts] == [0.1]
    assert list(view.keeper.drops) == [Drop(Category.CODE, "m:1b", 2.0, 2)]


def test_counts_name_only_what_there_is() -> None:
    running = Running()
    assert counts(running) == "0 ok"
    assert percentiles(running) == []
    for attempt in (whole(), refused(), cancelled()):
        running.asked()
        running.answered(attempt)
    running.asked()
    running.dropped_some(2)
    assert counts(running) == "1 ok  1 in flight  1 failed  1 cancelled  2 dropped"


def test_an_answer_in_one_piece_has_the_time_that_it_took() -> None:
    whole = replace(ok(0.2), first_content=None, usage=None)
    assert whole.end_to_end_seconds is not None
    assert plain_line(1, 9, whole).endswith(f"ok  after {duration(whole.end_to_end_seconds)}")


def test_a_hit_is_named_and_its_rate_is_nobodys() -> None:
    line = plain_line(1, 9, hit())
    assert line.endswith("ok  TTFT 1.0 ms  from the cache")
    running = Running()
    for attempt in (hit(), missed()):
        running.asked()
        running.answered(attempt)
    assert counts(running) == "2 ok  1 from the cache"
    assert (running.ttft_seconds.count, running.tokens_per_second.count) == (1, 1)
