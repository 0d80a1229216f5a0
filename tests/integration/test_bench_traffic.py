"""The truth test of the generator sees a known defect as what it is, and its figures add up."""

import asyncio
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from bench.traffic.__main__ import DOCUMENT, JSON, REPOSITORY
from bench.traffic.measure import Load, Sample, measure
from bench.traffic.pieces import Seen
from bench.traffic.plan import clients, quick, whole
from bench.traffic.readers import CHOSEN, READERS
from bench.traffic.report import is_true, rendered, table, warning
from bench.traffic.spread import spread
from bench.traffic.truth import Errors, NoTruthError, truth

pytestmark = pytest.mark.long

SMALL = Load(streams=4, seconds=1.0, chunks_per_second=20.0, answer_seconds=0.5)
HOLD_SECONDS = 0.03
"""Less than a chunk's time, and many times what a busy machine adds to most chunks."""


@pytest.fixture(scope="module")
def samples() -> tuple[Sample, Sample]:
    """Of a server that sends when it says, and of one that holds every second chunk."""
    held = replace(SMALL, hold_seconds=HOLD_SECONDS)
    return asyncio.run(measure(SMALL)), asyncio.run(measure(held))


def test_every_chunk_of_every_request_is_in_the_figures(samples: tuple[Sample, Sample]) -> None:
    sample, _ = samples
    assert SMALL.pace.chunks == 9
    assert (sample.requests, sample.chunks) == (8, 8 * 9)
    assert (sample.truth.ttft.count, sample.truth.gap.count) == (8, 8 * 8)
    assert sample.truth.chunk.count == sample.truth.server.count == 8 * 9
    assert sample.cpu_seconds_per_chunk > 0
    assert sample.check is not None
    assert 0 < sample.check["cpu_ratio"] < 1
    assert sample.check["schedule_lag"]["count"] == 8
    assert sample.check["loop_lag"]["count"] > 0


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


@pytest.mark.parametrize(
    "load", [plan.clients for plan in (whole(1), clients(1), quick(1))] + [whole(1).generator]
)
def test_so_many_streams_are_under_way_at_a_time(load: Load) -> None:
    assert load.requests_per_second * load.pace.answer_seconds == pytest.approx(load.streams)
    assert load.requests == pytest.approx(load.seconds * load.requests_per_second, abs=1)


def test_the_goal_is_measured_at_64_streams_of_100_chunks() -> None:
    for load in (whole(1).generator, whole(1).clients, clients(1).clients):
        assert load is not None
        assert (load.streams, load.chunks_per_second) == (64, 100.0)


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


MACHINE = {
    "cpu": "C",
    "cores": 2,
    "kernel": "k",
    "python": "p",
    "uvloop": "u",
    "aiohttp": "a",
    "httpx2": "h",
    "is_first": True,
    "load_average": 0.5,
}


def measured(*samples: Sample) -> dict[str, Any]:
    """As it comes back from the JSON."""
    found = {"machine": MACHINE, "load": asdict(SMALL), "samples": [asdict(s) for s in samples]}
    return dict(json.loads(json.dumps(found)))


def off_by(sample: Sample, seconds: float) -> Sample:
    """With errors of that size."""
    errors = Errors(8, seconds, seconds, seconds)
    return replace(sample, truth=replace(sample.truth, ttft=errors, gap=errors))


def test_one_bad_round_of_three_misses_no_goal_but_is_shown(
    samples: tuple[Sample, Sample],
) -> None:
    good, better, bad = (off_by(samples[0], seconds) for seconds in (0.0002, 0.0001, 0.02))
    found = measured(bad, better, good)
    assert is_true(found)
    shown = table(found)
    assert shown.count(" 0.2 (0.1 to 20) ") == 6
    assert (shown.count("pass"), shown.count("**fail**")) == (2, 0)
    assert "4 streams of 20 chunks/s: 8 requests, 72 chunks a round." in shown
    assert "had to wait for both (SCHED_FIFO). Medians of 3 rounds (least to most)." in shown


def test_a_goal_is_missed_by_the_median_of_all_rounds(samples: tuple[Sample, Sample]) -> None:
    good, bad = (off_by(samples[0], seconds) for seconds in (0.0002, 0.02))
    found = measured(bad, good, bad)
    assert not is_true(found)
    assert table(found).count("**fail**") == 2


def test_a_machine_that_was_loaded_at_the_start_is_told_of(samples: tuple[Sample, Sample]) -> None:
    loaded = MACHINE | {"load_average": 1.5}
    said = warning(loaded)
    assert said is not None and "load average 1.50" in said
    assert warning(MACHINE) is None
    assert said not in table(measured(samples[0]))
    assert said in table(measured(samples[0]) | {"machine": loaded})


def test_a_figure_is_its_median_with_the_least_and_the_most() -> None:
    found = spread([{"a": {"b": value}} for value in (3, 1, 8)], "a", "b")
    assert (found.median, found.least, found.most) == (3, 1, 8)
    assert found.shown(10) == "30 (10 to 80)"
    assert spread([{"a": 0.25}], "a").shown(1e3) == "250"


def test_a_line_counts_when_its_last_piece_is_there() -> None:
    whole_line, end = (
        json.dumps({"message": {"content": said}}).encode() + b"\n" for said in ("so;", "")
    )
    seen = Seen(sent=1.0)
    seen.pieces += [(2.0, whole_line + whole_line[:9]), (2.5, whole_line[9:]), (3.0, end)]
    assert seen.facts() == {
        "error": None,
        "sent": 1.0,
        "first_content": 2.0,
        "gaps_seconds": [0.5],
        "text": "so;so;",
    }


@pytest.mark.parametrize("name", READERS)
async def test_every_reader_sees_every_chunk_and_what_is_sent_late_in_secret(name: str) -> None:
    held = replace(SMALL, hold_seconds=HOLD_SECONDS)
    sample = await measure(held, ("bench.traffic.readers", "--reader", name))
    assert (sample.requests, sample.truth.gap.count) == (8, 8 * 8)
    assert sample.cpu_seconds_per_chunk > 0
    assert sample.truth.gap.p50 > HOLD_SECONDS * 0.8
    assert sample.truth.ttft.p50 > HOLD_SECONDS * 0.8


async def bench(*flags: str) -> tuple[int | None, str, str]:
    """Run `python -m bench.traffic`: its exit code, what it printed, and what it said."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bench.traffic", *flags),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, said = await child.communicate()
    return child.returncode, told.decode(), said.decode()


async def test_a_run_has_all_in_rounds_and_ends_with_one_where_a_goal_is_missed(
    tmp_path: Path,
) -> None:
    path, published = tmp_path / "found.json", DOCUMENT.read_bytes()
    flags = ("--streams", "1", "--seconds", "0.1", "--rounds", "2", "--hold-seconds", "0.006")
    code, told, said = await bench(*flags, "--json", str(path))
    assert code == 1, said
    found = json.loads(path.read_text(encoding="utf-8"))
    assert told.strip() == table(found).strip()
    assert len(found["samples"]) == 2
    assert {
        name: len(taken) for name, taken in found["clients"]["samples"].items()
    } == dict.fromkeys(READERS, 2)
    turns = [line.split("read by ")[1] for line in said.splitlines() if "read by" in line]
    assert turns[2:] == [f"{name}: {turn} of 2" for turn in (1, 2) for name in READERS]
    assert DOCUMENT.read_bytes() == published


async def test_the_clients_alone_have_a_table_and_no_goal() -> None:
    code, told, said = await bench("--clients", "--streams", "1", "--seconds", "0.1", "--rounds=1")
    assert code == 0, said
    rows = [line.split(" | ")[0].strip("| ") for line in told.splitlines()[2:] if "|" in line]
    assert rows == list(READERS)
    assert f"The generator is built on {CHOSEN}" in told
    assert "Generator, client side" not in told


def test_the_published_figures_follow_from_the_published_samples() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    found = json.loads(JSON.read_text(encoding="utf-8"))
    assert found["load"] == asdict(whole(1))["generator"]
    assert rendered(text, found) == text
    assert table(found).strip() in text
