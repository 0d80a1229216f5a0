"""The end of a run fits 80 columns, says everything, and blames no way for another's figures."""

import io

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
from traffic.comparison import Comparison, Differences
from traffic.plan import Plan
from traffic.report import summarise
from traffic.settings import Route
from traffic.tables import duration, summary_table


def printed(
    attempts: list[Attempt],
    route: Route = "default",
    comparison: Comparison | None = None,
    plan: Plan = PLAN,
    seconds: float = 1.0,
) -> str:
    plan = Plan(plan.preset, plan.seed, plan.questions, route)
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(summary_table(plan, summarise(plan, attempts, seconds), comparison))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(len(line) for line in text.splitlines()) <= 80
    return text


def row(text: str, name: str) -> list[str]:
    """The cells of the row that begins so, cut at two spaces."""
    line = next(line for line in text.splitlines() if line.startswith(name))
    return [cell.strip() for cell in line.removeprefix(name).split("  ") if cell.strip()]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0004, "0 ms"), (0.2134, "213 ms"), (0.9996, "1.00 s"), (2.708, "2.71 s")],
)
def test_durations_are_written_in_the_unit_that_suits_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_summary_says_everything() -> None:
    attempts: list[Attempt] = [
        ok(0.1),
        ok(2.5),
        failed(Failure.BROKE_OFF, "[/red] connection reset by [peer]"),
    ]
    text = printed(attempts, seconds=61.3)
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
    assert row(printed([]), "TTFT, from sent") == ["0", "-", "-", "-"]


def test_a_run_that_asked_for_no_way_is_not_told_of_any() -> None:
    text = printed([ok(0.1), failed(Failure.TIMEOUT, "late")])
    assert "direct" not in text
    assert "way" not in text


def test_one_way_is_one_table_and_is_named() -> None:
    text = printed([through_portkey(ok(0.1)), through_portkey(ok(0.3))], "portkey")
    assert row(text, "Way") == ["2 portkey"]
    assert row(text, "TTFT, from sent") == ["2", "200 ms", "290 ms", "300 ms"]


def test_two_ways_stand_side_by_side() -> None:
    attempts = [
        direct(ok(0.1)),
        direct(ok(0.3)),
        through_portkey(ok(0.5)),
        through_portkey(failed(Failure.HTTP_STATUS, "Portkey: no", 500)),
    ]
    text = printed(attempts, "mixed")
    assert row(text, "Whole answers, by way") == ["direct", "portkey"]
    assert row(text, "Requests                  ") == ["n", "2", "2"]
    lines = [line.split() for line in text.splitlines()]
    assert ["ok", "2", "1"] in lines
    assert ["failed", "0", "1"] in lines
    assert row(text, "TTFT, from sent") == ["p50", "200 ms", "500 ms"]
    assert ["p95", "290", "ms", "500", "ms"] in lines
    assert ["max", "300", "ms", "500", "ms"] in lines
    assert row(text, "End to end, from sent") == ["p50", "3.20 s", "3.50 s"]
    assert row(text, "Tokens/s, server's clock") == ["p50", "10.0", "10.0"]


def test_four_ways_fit_a_narrow_terminal_and_each_is_explained() -> None:
    lost = failed(Failure.UNREACHABLE, "refused")
    lost.route = "portkey"
    attempts = [direct(ok(0.1)), through_portkey(ok(123.4)), asked_for_portkey(ok(0.1)), lost]
    text = printed(attempts, "mixed")
    assert row(text, "Way") == ["1 direct, 1 portkey, 1 went direct, 1 way unknown"]
    assert row(text, "Whole answers, by way")[2:] == ["went direct", "way unknown"]
    assert "1 asked for Portkey and went direct" in text
    assert "1 failed without a sign of the way taken" in text
    assert row(text, "TTFT, from sent") == ["p50", "100 ms", "123.40 s", "100 ms", "-"]


def test_portkey_is_shown_also_where_nobody_asked_for_it() -> None:
    met = through_portkey(ok(0.1))
    met.route = "default"
    assert row(printed([met]), "Way") == ["1 portkey"]
    assert row(printed([met, ok(0.1)]), "Whole answers, by way")[0] == "portkey"


def test_a_question_that_is_asked_two_ways_is_one_question() -> None:
    questions = tuple(question(route=route) for route in ("direct", "portkey"))
    text = printed([], "mixed", plan=Plan("quick", 1, questions))
    assert row(text, "Questions") == ["1, each direct and through Portkey, in 2 requests"]


def test_the_difference_of_two_ways_has_its_sign_and_its_spread() -> None:
    comparison = Comparison(
        Differences(7, -0.0004, 0.0014, 0.0123), Differences(1, -0.00004, 0.0, 0.00004)
    )
    text = printed([], "mixed", comparison)
    assert row(text, "Portkey minus direct, same request") == ["n", "p25", "median", "p75"]
    compared = text.split("Portkey minus direct")[1]
    assert row(compared, "TTFT, from sent") == ["7", "-0.4 ms", "+1.4 ms", "+12.3 ms"]
    assert row(compared, "End to end, from sent") == ["1", "+0.0 ms", "+0.0 ms", "+0.0 ms"]


def test_without_a_pair_there_is_no_difference() -> None:
    compared = printed([], "mixed", Comparison(None, None)).split("Portkey minus direct")[1]
    assert row(compared, "TTFT, from sent") == ["0", "-", "-", "-"]
