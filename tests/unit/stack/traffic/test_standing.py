from typing import Any

import msgspec
import pytest

from stack.traffic.standing import Standing, headline, lines, read
from traffic.worker.standing import RunStanding
from traffic.worker.standing import Standing as Theirs

URL = "http://127.0.0.1:8002"


def told(state: Any = "running", detail: str = "", **run: Any) -> Standing:
    """What a worker answers, by its own classes, as the stack reads it."""
    settings: dict[str, Any] = {"preset": "continuous", "mix": "uniform", "categories": ""}
    settings |= {"arrival": "poisson", "rate_per_second": 0.2, "concurrency": 4}
    usual: dict[str, Any] = {
        "plan_sha256": "0" * 64,
        "models": ("a:1b", "b:1b"),
        "settings": settings | run.pop("settings", {}),
        "seconds": 192.4,
        "how": "",
        "in_flight": 1,
        "warm_up": 0,
        "ok": 12,
        "failed": 2,
        "cancelled": 3,
        "dropped": 4,
        "generated_tokens": 99,
        "ttft_seconds": {"p50": 0.01234, "p95": 0.5, "p99": None},
        "tokens_per_second": {"p50": None},
        "errors": (),
    }
    found = read(msgspec.json.encode(Theirs(state, detail, RunStanding(**(usual | run)))))
    assert found is not None
    return found


def without_a_run(state: Any, detail: str = "") -> Standing:
    found = read(msgspec.json.encode(Theirs(state, detail, None)))
    assert found is not None
    return found


def test_what_a_worker_says_is_read_as_it_is_said() -> None:
    assert list(lines(URL, told(errors=("http_503 busy",)))) == [
        "running, poisson at 0.2 questions a second: 12 answered, 2 failed "
        "(the worker at http://127.0.0.1:8002)",
        "  continuous, mix uniform, a:1b, b:1b, for 3m 12s",
        "  1 in flight, 3 left, 4 dropped",
        "  time to first token: p50 0.0123 s, p95 0.5 s",
        "  http_503 busy",
    ]


def test_categories_are_named_in_place_of_the_mix() -> None:
    standing = told(settings={"categories": "code,math"}, ttft_seconds={"p50": None})
    assert [line.strip() for line in lines(URL, standing)][1:] == [
        "continuous, code,math, a:1b, b:1b, for 3m 12s",
        "1 in flight, 3 left, 4 dropped",
    ]


@pytest.mark.parametrize(
    ("standing", "line"),
    [
        (told(settings={"arrival": "closed"}), "running, 4 at once: 12 answered, 2 failed"),
        (told(settings={"preset": "replay"}), "running, a replay: 12 answered, 2 failed"),
        (
            told("idle", how="stopped"),
            "idle, the last run (stopped): 12 answered, 2 failed",
        ),
        (without_a_run("idle"), "idle"),
        (without_a_run("starting"), "starting"),
        (without_a_run("waiting", "no model x"), "waiting: no model x"),
        (told("waiting", "nothing answers"), "waiting: nothing answers"),
    ],
)
def test_one_line_says_what_it_does(standing: Standing, line: str) -> None:
    assert headline(standing) == line


@pytest.mark.parametrize(
    ("standing", "well"),
    [
        (told(), True),
        (told("idle", how="stopped"), True),
        (without_a_run("idle"), True),
        (without_a_run("waiting", "why"), False),
        (told("idle", how="failed"), False),
    ],
)
def test_it_is_well_unless_something_keeps_it_from_asking(standing: Standing, well: bool) -> None:
    assert standing.is_well is well


def test_what_speaks_against_the_way_is_said_and_moves_no_cursor() -> None:
    standing = told(detail="no \x1b[2J gateway")
    assert list(lines(URL, standing))[-1] == "  no \\x1b[2J gateway"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"status": "ok"}', b"<html>"])
def test_an_answer_of_something_else_is_none(body: bytes) -> None:
    assert read(body) is None
