"""A record keeps what was measured, and nothing that was said."""

import csv
import io
from dataclasses import fields, replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs import STARTED, cancelled, figures_of, hit, refused, whole
from traffic.request.attempt import Attempt, Failure
from traffic.request.routes import Way
from traffic.results.records import COLUMNS, Record, attempt_of, csv_of, record_of

DECODE = msgspec.json.Decoder(Record)


def through_json(attempt: Attempt) -> Attempt:
    return attempt_of(DECODE.decode(msgspec.json.encode(record_of(attempt, STARTED))))


def test_instants_are_seconds_after_the_start() -> None:
    record = record_of(whole(at=2.5, ttft=0.25, gaps=(0.1, 0.2)), STARTED)
    assert (record.scheduled_seconds, record.sent_seconds) == (2.5, 2.5)
    assert (record.first_content_seconds, record.last_content_seconds) == (2.75, 3.05)
    assert record.end_seconds == 3.1
    assert record.gaps_seconds == (0.1, 0.2)


def test_what_did_not_come_is_absent_from_the_json() -> None:
    plain = msgspec.json.decode(msgspec.json.encode(record_of(refused(at=1.0), STARTED)))
    assert plain == {
        "question_id": "cod-0000",
        "category": "factual_short",
        "turn": 0,
        "model": "m:1b",
        "scheduled_seconds": 1.0,
        "sent_seconds": 1.0,
        "end_seconds": 1.01,
        "status": 503,
        "failure": "http",
    }


@given(st.floats(0, 1e5), st.floats(1e-4, 100.0), st.lists(st.floats(0, 10.0), max_size=5))
def test_an_attempt_keeps_its_figures_to_the_microsecond(
    at: float, ttft: float, gaps: list[float]
) -> None:
    attempt = whole(3, at, ttft, gaps)
    back = through_json(attempt)
    assert back.index == 3
    assert back.ttft_seconds == pytest.approx(attempt.ttft_seconds, abs=2e-6)
    assert back.end_to_end_seconds == pytest.approx(attempt.end_to_end_seconds, abs=2e-6)
    assert list(back.gaps_seconds) == pytest.approx(gaps, abs=1e-6)
    assert back.usage == attempt.usage


def test_all_facts_but_the_servers_words_come_back() -> None:
    facts = replace(
        whole(at=1.0),
        turn=2,
        route="portkey",
        has_portkey_sign=True,
        is_warm_up=True,
        is_cold=True,
        is_cancelled=True,
        cancel_after_chunks=7,
        is_valid=False,
        done_reason="length",
        failure=Failure.TIMEOUT,
        detail="an error that may quote the prompt",
    )
    back, rest = through_json(facts), {"detail", "gaps_seconds"}
    instants = {"scheduled", "sent", "headers", "first_byte", "first_content", "first_output"}
    instants |= {"last_content", "end"}
    for name in {field.name for field in fields(Attempt)} - rest - instants:
        assert getattr(back, name) == getattr(facts, name), name
    for name in instants:
        assert getattr(back, name) == pytest.approx(getattr(facts, name) - STARTED, abs=1e-6)
    assert back.detail == ""


def test_the_figures_of_records_are_those_of_the_attempts() -> None:
    attempts = [whole(0), replace(whole(1), is_valid=True), refused(2), cancelled(3)]
    found = figures_of([through_json(attempt) for attempt in attempts])
    expected = figures_of(attempts)
    assert (found.ok, found.failed, found.cancelled, found.checked) == (2, 1, 1, 1)
    for name, spread in expected.spreads.items():
        assert found.spreads[name].p99 == pytest.approx(spread.p99, rel=1e-4, abs=1e-6), name


def test_the_csv_has_one_line_a_request_and_empty_cells_for_what_is_absent() -> None:
    attempts = [whole(at=2.5, ttft=0.25), refused(1), cancelled(2)]
    text = csv_of(record_of(attempt, STARTED) for attempt in attempts)
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["outcome"] for line in lines] == ["ok", "http_503", "cancelled"]
    assert lines[0]["ttft_seconds"] == "0.25"
    assert (lines[0]["scheduled_seconds"], lines[0]["generated_tokens"]) == ("2.5", "11")
    assert lines[0]["way"] == Way.DIRECT
    assert (lines[1]["ttft_seconds"], lines[1]["prompt_tokens"]) == ("", "")
    assert tuple(lines[0]) == COLUMNS
    assert text.count("\n") == 4


def test_a_hit_is_kept_with_the_age_of_its_answer() -> None:
    kept = through_json(hit())
    assert (kept.cache_status, kept.answer_age_seconds, kept.way) == ("HIT", 60, Way.CACHE)
    (line,) = csv.DictReader(io.StringIO(csv_of([record_of(hit(), STARTED)])))
    assert (line["cache_status"], line["answer_age_seconds"]) == ("HIT", "60")
    (line,) = csv.DictReader(io.StringIO(csv_of([record_of(whole(), STARTED)])))
    assert (line["cache_status"], line["answer_age_seconds"]) == ("", "")
