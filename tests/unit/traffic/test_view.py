"""What the operator sees fits 80 columns and holds no question and no answer."""

import io
import re

import pytest
from rich.console import Console

from tests.unit.traffic.test_protocol import question
from tests.unit.traffic.test_report import (
    PLAN,
    asked_for_portkey,
    direct,
    failed,
    ok,
    through_portkey,
)
from traffic.attempt import Attempt, Failure
from traffic.questions import Category
from traffic.view import View, plain_line, running_figures


def screen(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), width=80, force_terminal=terminal, color_system=None)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_running_figures_are_medians_of_what_was_answered() -> None:
    attempts = [ok(0.1), ok(0.3), ok(0.2), failed(Failure.TIMEOUT, "late")]
    assert running_figures(attempts) == "TTFT 200 ms 10.0 tok/s [red]1 failed[/red]"
    assert running_figures([]) == ""


def test_a_plain_line_says_how_far_it_is_and_what_came() -> None:
    assert plain_line(3, 12, ok(0.25)) == (
        " 3/12 code                      ok  TTFT 250 ms  10.0 tokens/s"
    )
    line = plain_line(12, 12, failed(Failure.HTTP_STATUS, "server busy", 503))
    assert line == "12/12 code                      failed: http_503: server busy"


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


def test_without_a_terminal_every_request_is_one_line() -> None:
    console = screen(terminal=False)
    with View(console, PLAN) as view:
        for attempt in (ok(0.1), ok(0.2)):
            view.asked(question())
            view.answered(attempt)
    assert shown(console).splitlines() == [plain_line(1, 5, ok(0.1)), plain_line(2, 5, ok(0.2))]


def test_on_a_terminal_one_live_line_holds_progress_category_and_figures() -> None:
    console = screen(terminal=True)
    longest = max(Category, key=len)
    with View(console, PLAN) as view:
        view.asked(question(category=longest))
        view.answered(ok(0.1))
    live = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", shown(console)).splitlines()
    for part in (longest, "1/5", "TTFT 100 ms", "10.0 tok/s"):
        assert any(part in line for line in live), part
    assert max(len(line) for line in live) <= 80
