"""A plan is shown as it will be played, without a word of a question."""

import io
from typing import Any

import pytest
from rich.console import Console

from tests.unit.traffic.test_settings import settings
from traffic.bank.place import bank_of
from traffic.plan.plan import make_plan
from traffic.plan.preview import arrival, expected_duration, preview
from traffic.settings import TrafficSettings

BANK = bank_of(settings())


def shown(told: TrafficSettings) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(preview(told, make_plan(BANK, told)))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_counts_add_up_and_the_hash_is_the_plans() -> None:
    told = settings(preset="demo", model="a=1,b=1")
    plan, text = make_plan(BANK, told), shown(told)
    assert plan.sha256 in text
    assert f"50 in {plan.requests} requests" in text
    assert "2 before them to warm up" in text
    rows = text.split("\n\n")[1].splitlines()[1:]
    assert len(rows) == 10
    assert sum(int(cell) for row in rows for cell in row.split()[1:]) == 50


def test_the_first_questions_are_named_and_not_told() -> None:
    plan, text = make_plan(BANK, settings()), shown(settings())
    lines = text.strip().splitlines()[-10:]
    assert [line.split()[2] for line in lines] == [one.question_id for one in plan.questions]
    for one in plan.questions:
        assert one.turns[0][:20] not in text


def test_a_plan_without_end_says_so() -> None:
    text = shown(settings(preset="continuous"))
    assert "Questions  without end" in text
    assert "until it is stopped" in text


def test_what_is_done_to_the_server_and_who_does_it_is_said() -> None:
    told = settings(preset="demo", cancel_rate=0.2, cold_every=25, workers=2, concurrency=2)
    assert "10 left in the middle, 2 after an unloading" in shown(told)
    assert "2 processes share them" in shown(told)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"concurrency": 3}, "closed: 3 in flight, the next as one ends"),
        ({"arrival": "poisson", "rate_per_second": 2}, "poisson: 2 a second"),
        ({"arrival": "ramp", "ramp_seconds": 9}, "ramp: from nothing to 1 a second in 9 s"),
        ({"arrival": "burst"}, "burst: 10 at once, 1 a second on average"),
        ({"arrival": "spike"}, "spike: 1 a second, 5 times that for 10 s from 30 s on"),
        ({"preset": "replay", "trace": "t", "trace_speed": 2}, "as recorded, 2 times as fast"),
    ],
)
def test_how_questions_come_is_said(told: dict[str, Any], said: str) -> None:
    assert arrival(settings(**told)) == said


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "as long as the answers take"),
        ({"duration_seconds": 5}, "none begins after 5.00 s"),
        ({"arrival": "constant", "rate_per_second": 2}, "the last begins after "),
        ({"preset": "continuous", "duration_seconds": 9}, "none begins after 9.00 s"),
    ],
)
def test_the_duration_is_said_as_far_as_it_is_known(told: dict[str, Any], said: str) -> None:
    chosen = settings(**told)
    assert expected_duration(chosen, make_plan(BANK, chosen)).startswith(said)
