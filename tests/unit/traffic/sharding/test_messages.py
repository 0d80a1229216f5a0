"""What crosses between the processes of a run is exact, and holds no question."""

from array import array

import msgspec
import pytest

from ollama_observe.wire.usage import Usage
from tests.runs import cancelled, refused, whole
from tests.unit.traffic.request.test_protocol import question
from traffic.bank.questions import Category
from traffic.request.attempt import Attempt, Failure
from traffic.run.selfcheck import Lag, SelfCheck
from traffic.sharding.messages import (
    Answered,
    Asked,
    Done,
    Dropped,
    Ready,
    Refused,
    Report,
    attempts_of,
    bytes_of,
    line_of,
    outline_of,
    question_of,
    report_of,
)


def full() -> Attempt:
    """Every fact another than its default, with digits that rounding would lose."""
    return Attempt(
        "cod-0001",
        Category.CODE,
        2,
        1 / 3,
        2 / 3,
        route="portkey",
        has_portkey_sign=True,
        cache_status="SEMANTIC HIT",
        answer_age_seconds=8,
        headers=0.1 + 0.2,
        first_byte=1e-9,
        first_content=1.1,
        first_output=1.2,
        last_content=1.3,
        end=1.4,
        status=200,
        model="m:1b",
        chunks=3,
        gaps_seconds=array("d", [1 / 7, 0.0]),
        index=7,
        is_warm_up=True,
        is_cold=True,
        is_cancelled=True,
        cancel_after_chunks=2,
        is_valid=False,
        usage=Usage(prompt_tokens=3, generated_tokens=4, decode_seconds=1 / 9),
        done_reason="stop",
        failure=Failure.BROKE_OFF,
        detail="the answer broke off",
    )


@pytest.mark.parametrize("attempt", [full(), whole(), refused(), cancelled()])
def test_an_attempt_crosses_with_every_fact_to_the_last_digit(attempt: Attempt) -> None:
    report = report_of(line_of(Answered(attempt)))
    assert report == Answered(attempt)
    assert isinstance(report, Answered)
    (alone,) = attempts_of(bytes_of([attempt]))
    assert alone == attempt
    for found in (report.attempt, alone):
        assert isinstance(found.gaps_seconds, array)


def test_no_fact_is_left_out() -> None:
    known = full()
    unset = Attempt("", Category.CODE, 0, 0.0, 0.0)
    same = {name for name in Attempt.__slots__ if getattr(known, name) == getattr(unset, name)}
    assert same <= {"category"}


@pytest.mark.parametrize(
    "report",
    [
        Ready(),
        Refused("no bank"),
        Asked(outline_of(question())),
        Dropped(outline_of(question())),
        Done(SelfCheck(Lag(1, 0.1, 0.2, 0.3), None, 0.5)),
    ],
)
def test_every_report_is_one_line_and_comes_back_as_it_was(report: Report) -> None:
    line = line_of(report)
    assert line.count(b"\n") == 1
    assert report_of(line) == report


def test_a_question_crosses_without_its_words_and_with_its_size() -> None:
    asked = question(turns=("Why is the sky blue?", "And the sea?"), at_seconds=1.5)
    assert b"sky" not in line_of(Asked(outline_of(asked)))
    there = question_of(outline_of(asked))
    assert there.turns == ("", "")
    same = ("question_id", "category", "model", "route", "index", "is_warm_up", "at_seconds")
    assert [getattr(there, name) for name in same] == [getattr(asked, name) for name in same]


def test_a_line_that_is_cut_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        report_of(line_of(Ready())[:-5])
