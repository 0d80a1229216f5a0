"""What the operator sees fits 80 columns and holds no question and no answer."""

import io
import re

import pytest
from rich.console import Console

from tests.unit.traffic.test_protocol import question
from tests.unit.traffic.test_report import PLAN, failed, ok
from traffic.attempt import Attempt, Failure
from traffic.questions import Category
from traffic.report import summarise
from traffic.view import View, duration, plain_line, running_figures, summary_table


def screen(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), width=80, force_terminal=terminal, color_system=None)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0004, "0 ms"), (0.2134, "213 ms"), (0.9996, "1.00 s"), (2.708, "2.71 s")],
)
def test_durations_are_written_in_the_unit_that_suits_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


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


def test_the_summary_fits_a_narrow_terminal_and_says_everything() -> None:
    console = screen(terminal=False)
    attempts: list[Attempt] = [
        ok(0.1),
        ok(2.5),
        failed(Failure.BROKE_OFF, "[/red] connection reset by [peer]"),
    ]
    console.print(summary_table(PLAN, summarise(PLAN, attempts, 61.3)))
    text = shown(console)
    assert max(len(line) for line in text.splitlines()) <= 80
    for part in (
        "2 ok, 1 failed, 2 not finished or not sent",
        "1 x broke_off: [/red] connection reset by [peer]",
        "10 prompt, 22 generated",
        "61.30 s",
        PLAN.sha256[:12],
        "TTFT, from sent",
        "Tokens/s, server's clock",
    ):
        assert part in text


def test_figures_that_nobody_reported_are_dashes() -> None:
    console = screen(terminal=False)
    console.print(summary_table(PLAN, summarise(PLAN, [], 0.0)))
    assert "TTFT, from sent" in shown(console)
    assert "-" in shown(console)
