"""A short soak passes; its comparison notices what is wrong."""

import asyncio
import sys
from pathlib import Path

import pytest

from bench.soak.__main__ import log_rows, table
from bench.soak.counts import (
    ANSWERED,
    UNANSWERED,
    Comparison,
    Expected,
    compare,
    counted,
    went_back,
)
from bench.soak.leaks import Remains, Row, memory_row, rows

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).resolve().parents[2]
SCRAPE = """
# TYPE ollama_proxy_requests_total counter
ollama_proxy_requests_total{endpoint="/api/chat",model="a:latest",status="200",routing="direct"} 2
ollama_proxy_requests_total{endpoint="/api/chat",model="b:latest",status="200",routing="direct"} 1
# TYPE ollama_proxy_client_aborts_total counter
ollama_proxy_client_aborts_total{model="a:latest",phase="waiting",routing="direct"} 1
ollama_proxy_client_aborts_total{model="a:latest",phase="prefill",routing="direct"} 2
ollama_proxy_client_aborts_total{model="a:latest",phase="thinking",routing="direct"} 4
# TYPE ollama_proxy_response_size_bytes histogram
ollama_proxy_response_size_bytes_bucket{endpoint="/api/chat",routing="direct",le="+Inf"} 3
ollama_proxy_response_size_bytes_count{endpoint="/api/chat",routing="direct"} 3
ollama_proxy_response_size_bytes_sum{endpoint="/api/chat",routing="direct"} 700
"""
BEFORE = Remains([], {1: ["pipe", "socket"]}, 3, 0, [])


@pytest.mark.timeout(240)
async def test_twenty_seconds_of_faults_leave_nothing_and_every_count_is_right() -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.soak",
        "--seconds",
        "20",
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, said = (text.decode() for text in await child.communicate())
    wrong = [line for line in told.splitlines() if line.startswith("WRONG")]
    assert (wrong, child.returncode) == ([], 0), said
    assert "ok    scenarios that failed" in told


def whole() -> Expected:
    expected = Expected()
    for received in (100, 200, 400):
        expected.ended("/api/chat", 200, received=received)
    for phase in 3 * (UNANSWERED,) + 4 * (ANSWERED,):
        expected.left(phase)
    return expected


def test_a_scrape_is_summed_over_the_labels_that_do_not_matter() -> None:
    assert all(comparison.agrees for comparison in compare(whole(), counted(SCRAPE)))


def test_a_count_that_differs_is_found() -> None:
    expected = whole()
    expected.ended("/api/chat", 200)
    wrong = [c for c in compare(expected, counted(SCRAPE)) if not c.agrees]
    assert wrong == [Comparison(("requests", "/api/chat", "200"), 4, 3)]


def test_a_count_that_nobody_expected_is_found() -> None:
    wrong = [c for c in compare(Expected(), counted(SCRAPE)) if not c.agrees]
    assert Comparison(("client_aborts", ANSWERED), 0, 4) in wrong


def test_bytes_that_cannot_be_known_are_left_out() -> None:
    expected = whole()
    expected.unknown_bytes.add("/api/chat")
    assert ("response_size_bytes", "/api/chat") not in [
        c.key for c in compare(expected, counted(SCRAPE))
    ]


def test_a_counter_that_went_back_is_found() -> None:
    before, now = counted(SCRAPE), counted(SCRAPE)
    assert went_back(before, now) == []
    now["client_aborts", ANSWERED] -= 1
    assert went_back(before, now) == [("client_aborts", ANSWERED)]


@pytest.mark.parametrize(
    "left",
    [
        Remains(["ESTABLISHED"], BEFORE.files, 3, 0, []),
        Remains([], {1: ["pipe", "socket", "socket"]}, 3, 0, []),
        Remains([], BEFORE.files, 4, 0, []),
        Remains([], BEFORE.files, 3, 1, []),
        Remains([], BEFORE.files, 3, 0, [{"id": "x"}]),
    ],
    ids=["connection", "file", "thread", "active", "in flight"],
)
def test_what_is_left_is_found(left: Remains) -> None:
    assert all(row.is_right for row in rows(BEFORE, BEFORE))
    assert sum(not row.is_right for row in rows(left, BEFORE)) == 1


def test_memory_that_grows_is_found_and_a_warm_up_is_not() -> None:
    warm = [50_000_000, *9 * [70_000_000]]
    assert memory_row(warm).is_right
    assert not memory_row([n * 10_000_000 for n in range(1, 11)]).is_right


def test_a_log_with_a_defect_or_without_a_request_is_found() -> None:
    line = '{"event": "request_finished", "level": "info"}'
    assert all(row.is_right for row in log_rows(f"{line}\n{line}", 2))
    assert not all(row.is_right for row in log_rows(line, 2))
    assert not all(row.is_right for row in log_rows(f'{line}\n{{"level": "error"}}', 1))


def test_the_table_marks_what_is_wrong_and_says_what_was_expected() -> None:
    said = table([Row("connections", "[]", "[]", True), Row("errors connect", "9", "8", False)])
    assert said.splitlines() == ["ok    connections    []", "WRONG errors connect 8, expected 9"]
