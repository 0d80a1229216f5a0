"""The end of a run fits 80 columns, says everything, and blames no way for another's figures."""

import io
from dataclasses import replace

from rich.console import Console

from tests.runs import cancelled, hit, missed, plan_for, refused, whole
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
from traffic.choices import Route
from traffic.plan.plan import Endless, Plan
from traffic.request.attempt import Attempt, Failure
from traffic.results.drops import Drop
from traffic.results.slo import Verdict
from traffic.results.summary import summarise
from traffic.results.tables import summary_table
from traffic.results.ways import Comparison, Differences
from traffic.run.keeping import Keeper, Limits


def printed(
    attempts: list[Attempt],
    route: Route = "default",
    comparison: Comparison | None = None,
    plan: Plan = PLAN,
    seconds: float = 1.0,
) -> str:
    plan = replace(plan, route=route)
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


def test_a_remark_of_the_generator_is_above_the_figures() -> None:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    summary = summarise(PLAN, [ok(0.1)], 1.0)
    console.print(summary_table(PLAN, summary, remarks=("the loop was 12 ms late",)))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert row(text, "Remark") == ["the loop was 12 ms late"]
    assert "INVALID" not in text


def test_where_not_all_is_kept_the_summary_says_which_figures_are_of_what() -> None:
    plan = Plan("continuous", 1, (), endless=Endless("", lambda: iter(())))
    keeper = Keeper(Limits(requests=1))
    for attempt in (whole(0), whole(1, at=90.0)):
        keeper.keep(attempt)
    console = Console(file=io.StringIO(), width=80, color_system=None)
    summary = summarise(plan, keeper.attempts, 95.0, past=keeper.past)
    console.print(summary_table(plan, summary))
    assert isinstance(console.file, io.StringIO)
    text = " ".join(console.file.getvalue().split())
    assert "2 ok, 0 failed" in text
    assert "Kept the last 1 request, from 90 s on: percentiles are of them, counts of all" in text


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
    assert row(printed([]), "TTFT, from sent") == ["0", "-", "-", "-", "-"]


def test_a_run_that_asked_for_no_way_is_not_told_of_any() -> None:
    text = printed([ok(0.1), failed(Failure.TIMEOUT, "late")])
    assert "direct" not in text
    assert "way" not in text


def test_one_way_is_one_table_and_is_named() -> None:
    text = printed([through_portkey(ok(0.1)), through_portkey(ok(0.3))], "portkey")
    assert row(text, "Way") == ["2 portkey"]
    assert row(text, "TTFT, from sent") == ["2", "200 ms", "290 ms", "298 ms", "300 ms"]


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


def more(
    attempts: list[Attempt],
    drops: tuple[Drop, ...] = (),
    objectives: tuple[Verdict, ...] = (),
    reasons: tuple[str, ...] = (),
    lost: tuple[str, ...] = (),
    *,
    is_scheduled: bool = True,
) -> str:
    """The summary of a run by a schedule, say."""
    plan = plan_for(attempts, is_scheduled=is_scheduled)
    summary = summarise(plan, attempts, 1.0, drops, lambda one: (one.ttft_seconds or 9.0) < 1.0)
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(summary_table(plan, summary, None, objectives, reasons, lost=lost))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(len(line) for line in text.splitlines()) <= 80
    return text


def test_what_is_neither_answered_nor_failed_is_counted_apart() -> None:
    attempts = [replace(whole(), is_warm_up=True), whole(), cancelled(), refused()]
    text = " ".join(more(attempts, (Drop(Category.CODE, "m:1b", 1.0, 2),)).split())
    assert "1 ok, 1 failed, 1 cancelled, 2 dropped: too many were in flight" in text
    assert ", 1 before them to warm up, in no figure" in text
    plain = printed([ok(0.1)])
    assert not any(word in plain for word in ("cancelled", "dropped", "warm up", "Goodput"))


def test_rows_that_a_schedule_makes_sense_of_are_shown_with_one_alone() -> None:
    attempts = [replace(whole(ttft=0.25), scheduled=whole().scheduled - 0.5)]
    scheduled = more(attempts)
    assert row(scheduled, "TTFT, from scheduled")[1] == "750 ms"
    assert row(scheduled, "Sent after schedule")[1] == "500 ms"
    assert "schedule" not in more(attempts, is_scheduled=False)


def test_gaps_thinking_and_checks_are_shown_where_there_are_any() -> None:
    thinking = replace(
        whole(ttft=0.25, gaps=(0.1, 0.3)), first_output=whole().sent + 2, is_valid=False
    )
    text = more([thinking, replace(whole(), is_valid=True)])
    assert row(text, "First answer token") == ["1", *["2.00 s"] * 4]
    assert row(text, "Largest gap of a stream")[-1] == "300 ms"
    assert row(text, "Checks") == ["1 of 2 answers satisfy their question's check"]
    assert not any(name in more([refused()]) for name in ("First answer", "Gaps", "Checks"))


def test_throughput_and_goodput_are_told() -> None:
    text = more([whole(ttft=0.25, gaps=(0.1,)), whole(ttft=1.55, gaps=(0.4,))])
    assert row(text, "Throughput") == ["1.00 requests/s, 2.0 tokens/s"]
    assert row(text, "Goodput") == ["1 of 2 meet every objective (50.0 %), 0.50 requests/s"]


def test_models_and_cold_ones_have_tables_of_their_own_where_there_are_several() -> None:
    attempts = [whole(ttft=0.2), replace(whole(ttft=5.0), model="other:7b", is_cold=True)]
    text = more(attempts)
    assert row(text, "other:7b") == ["1", "0", "5.00 s", "5.00 s", "10.0"]
    assert row(text, "cold")[2] == "5.00 s"
    failing = [whole(), replace(refused(), model="other:7b")]
    assert row(more(failing), "other:7b") == ["0", "1", "-", "-", "-"]
    alone = more([whole()])
    assert not any(words in alone for words in ("By model", "Cold or warm"))


def test_objectives_have_verdicts() -> None:
    objectives = (
        Verdict("error_ratio", "at most 0.01", 0.01, 0.5, is_met=False),
        Verdict("ttft_seconds p95", "at most 2", 2.0, None, is_met=False),
        Verdict("goodput_ratio", "at least 0.9", 0.9, 0.95123, is_met=True),
    )
    text = more([whole()], objectives=objectives)
    assert row(text, "error_ratio") == ["at most 0.01", "0.5", "missed"]
    assert row(text, "ttft_seconds p95") == ["at most 2", "-", "missed"]
    assert row(text, "goodput_ratio") == ["at least 0.9", "0.9512", "met"]


def test_an_invalid_or_incomplete_run_says_so_first() -> None:
    lines = more([whole()], reasons=("late [p99]", "busy"), lost=("one died",)).split("\n")
    assert [line.split() for line in lines[1:4]] == [
        ["INVALID", "late", "[p99]"],
        ["INVALID", "busy"],
        ["INCOMPLETE", "one", "died"],
    ]


def test_a_plan_without_an_end_has_no_number_of_questions() -> None:
    plan = Plan("continuous", 1, (), endless=Endless("", lambda: iter([question()])))
    assert "Questions" not in printed([ok(0.1)], plan=plan)


def test_questions_that_were_asked_again_are_said() -> None:
    plan = Plan("quick", 1, (question(), question(), question(question_id="cod-0002")))
    assert row(printed([], plan=plan), "Questions") == ["2 in 3 requests; 1 was asked again"]


def test_hits_have_a_line_beside_the_figures_of_the_model() -> None:
    text = printed([hit(0), missed(1)])
    assert row(text, "TTFT, from sent ")[0] == "1"
    assert row(text, "TTFT, from sent, of hits")[:2] == ["1", "1.0 ms"]
    assert "of hits" not in printed([missed()])
