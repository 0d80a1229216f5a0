"""The truth test of the generator sees a known defect as what it is, and its figures add up."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from bench.traffic.__main__ import DOCUMENT, JSON, QUICK, WHOLE, run
from bench.traffic.measure import Load, Sample, measure
from bench.traffic.report import median_sample, rendered, results, table
from bench.traffic.truth import Errors, NoTruthError, truth

SMALL = Load(streams=4, seconds=1.0, answer_seconds=0.5)
HOLD_SECONDS = 0.006


@pytest.fixture(scope="module")
def samples() -> tuple[Sample, Sample]:
    """Of a server that sends when it says, and of one that holds every second chunk."""
    held = replace(SMALL, hold_seconds=HOLD_SECONDS)
    return asyncio.run(measure(SMALL)), asyncio.run(measure(held))


def test_every_chunk_of_every_request_is_in_the_figures(samples: tuple[Sample, Sample]) -> None:
    sample, _ = samples
    assert SMALL.pace.chunks == 45
    assert (sample.requests, sample.chunks) == (8, 8 * 45)
    assert (sample.truth.ttft.count, sample.truth.gap.count) == (8, 8 * 44)
    assert sample.truth.chunk.count == sample.truth.server.count == 8 * 45
    assert sample.cpu_seconds_per_chunk > 0
    assert 0 < sample.cpu_ratio < 1
    assert sample.check["schedule_lag"]["count"] == 8
    assert sample.check["loop_lag"]["count"] > 10


def test_what_is_sent_late_in_secret_is_seen_in_both_figures(
    samples: tuple[Sample, Sample],
) -> None:
    true, held = samples
    # medians, since a busy machine makes single chunks late
    assert true.truth.gap.p50 < HOLD_SECONDS / 2
    assert held.truth.gap.p50 > HOLD_SECONDS * 0.8
    assert held.truth.ttft.p50 > HOLD_SECONDS * 0.8
    assert not held.truth.is_within_goal
    # the server says nothing of it
    assert held.truth.server.p50 < HOLD_SECONDS / 2


@pytest.mark.parametrize("load", [WHOLE, QUICK])
def test_so_many_streams_are_under_way_at_a_time(load: Load) -> None:
    assert load.requests_per_second * load.pace.answer_seconds == pytest.approx(load.streams)
    assert load.requests == pytest.approx(load.seconds * load.requests_per_second, abs=1)


def test_the_goal_is_measured_at_64_streams_of_100_chunks() -> None:
    assert (WHOLE.streams, WHOLE.chunks_per_second) == (64, 100.0)


SENT_NS = (2_010_000_000, 2_020_000_000, 2_030_000_000)
"""When three chunks were sent; each was due a millisecond before."""


def request(text: str | None = None, **changes: Any) -> dict[str, Any]:
    """Its chunks are seen 1, 4 and 2 ms after they were sent, and it is read 2 ms after it went."""
    stamps = "".join(f"{sent - 1_000_000},{sent};" for sent in SENT_NS)
    seen = {
        "error": None,
        "sent": 1.998,
        "first_content": 2.011,
        "gaps_seconds": [0.013, 0.008],
        "text": f"2000000000;{stamps}" if text is None else text,
    }
    return seen | changes


def test_errors_are_what_was_seen_less_what_was_true() -> None:
    found = truth([request()], chunks=3)
    assert (found.ttft.count, found.gap.count, found.chunk.count) == (1, 2, 3)
    assert found.ttft.p50 == pytest.approx(0.003)
    assert found.gap.p50 == pytest.approx(0.0025)
    assert found.gap.maximum == pytest.approx(0.003)
    assert found.chunk.p50 == pytest.approx(0.002)
    assert found.chunk.maximum == pytest.approx(0.004)
    assert found.server.p50 == found.server.maximum == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (request(error="broke_off"), "found one that failed: broke_off"),
        (request(gaps_seconds=[0.01]), "expected 3 chunks in an answer, found 2"),
        (request(text="2000000000;1,2;"), "expected the stamps of 3 chunks, found 1"),
    ],
)
def test_what_does_not_fit_what_was_sent_is_no_figure(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(NoTruthError, match=said):
        truth([changed], chunks=3)
    with pytest.raises(NoTruthError, match="found none"):
        truth([], chunks=3)


@pytest.mark.parametrize(
    ("errors", "is_within"),
    [
        (Errors(1, 0.0005, 0.005, 1.0), True),
        (Errors(1, 0.0006, 0.005, 1.0), False),
        (Errors(1, 0.0005, 0.006, 1.0), False),
    ],
)
def test_the_goals_are_half_a_millisecond_and_five(errors: Errors, is_within: bool) -> None:
    assert errors.is_within_goal is is_within


def test_the_table_shows_the_middle_sample_and_what_it_was_taken_with(
    samples: tuple[Sample, Sample],
) -> None:
    machine = {"cpu": "C", "cores": 2, "kernel": "k", "python": "p", "uvloop": "u", "aiohttp": "a"}
    sample, held = samples
    found = results({**machine, "is_first": True}, SMALL, [held, sample, held])
    assert median_sample(found)["truth"]["gap"]["p99"] == held.truth.gap.p99
    shown = table(json.loads(json.dumps(found)))
    assert shown.count("**fail**") == 2
    assert "4 streams of 100 chunks/s: 8 requests, 360 chunks." in shown
    assert f"Load average before: {held.load_average:.2f}; other processes took" in shown
    assert "had to wait for both (SCHED_FIFO). The middle one of 3 measurements" in shown


async def test_a_run_takes_as_many_samples_as_it_is_told() -> None:
    found = await run(replace(SMALL, streams=1, seconds=0.5), rounds=2)
    assert len(found["samples"]) == 2
    assert found["machine"]["aiohttp"]


def test_the_published_figures_follow_from_the_published_samples() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    found = json.loads(JSON.read_text(encoding="utf-8"))
    assert found["load"]["streams"] == WHOLE.streams
    assert rendered(text, found) == text
    assert table(found).strip() in text
