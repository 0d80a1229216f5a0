"""What a part says of itself; where it says nothing, a sentence says why."""

import pytest

from dashboard.health import REPLICAS, CheckTold, Health, ask_health, ask_ready, together
from tests.fakes.server import Call, ScriptedServer
from tests.loopback import http_client

HEALTH = (
    b'{"status":"degraded","service":"proxy","version":"0.1.0","ready":true,"uptime_seconds":2.5,'
    b'"checks":{"portkey":{"ok":true,"detail":"away","is_up":false},"a":{"ok":false,"detail":"b"}}}'
)


async def answered(status: str, body: bytes, *, health: bool = True) -> Health | str | None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.answer(status, [], body)

    async with ScriptedServer(script) as server, http_client() as http:
        return await (ask_health if health else ask_ready)(http, server.url)


@pytest.mark.parametrize("status", ["200 OK", "503 Service Unavailable"])
async def test_a_part_says_how_it_is_also_where_it_is_not_well(status: str) -> None:
    found = await answered(status, HEALTH)
    checks = {"portkey": CheckTold(True, "away", False), "a": CheckTold(False, "b")}
    assert found == Health(True, 2.5, checks)


async def test_something_else_in_its_place_is_said_to_be_that() -> None:
    found = await answered("200 OK", b"<html>")
    assert str(found).startswith("something else answers at http://127.0.0.1:")


async def test_where_no_answer_comes_a_sentence_says_why() -> None:
    async with http_client() as http:
        said = await ask_health(http, "http://127.0.0.1:1")
    assert str(said).startswith("no answer at http://127.0.0.1:1: ")


async def test_a_prometheus_is_ready_or_says_why_not() -> None:
    assert await answered("200 OK", b"Prometheus is Ready.", health=False) is None
    said = await answered("503 Service Unavailable", b"", health=False)
    assert "not ready: http://127.0.0.1:" in str(said)


WELL = CheckTold(True, "Ollama 0.33.0")


def one(ready: bool = True, uptime: float = 9.0, **checks: CheckTold) -> Health:
    return Health(ready, uptime, {"ollama": WELL, **checks})


def test_one_alone_is_as_it_says() -> None:
    assert together([one()]) == one()
    assert together(["no answer"]) == "no answer"


def test_several_that_are_well_are_as_many_and_as_old_as_the_oldest() -> None:
    several = CheckTold(True, "3 of 3 take requests")
    found = together([one(uptime=1.0), one(uptime=5.0), one(uptime=3.0)])
    assert found == Health(True, 5.0, {REPLICAS: several, "ollama": WELL})


@pytest.mark.parametrize(
    ("other", "why"),
    [("no answer at http://b: gone", "no answer at http://b: gone"), (one(False), "it starts")],
)
def test_one_of_several_that_takes_nothing_is_told(other: Health | str, why: str) -> None:
    found = together([other, one()])
    assert isinstance(found, Health)
    assert found.ready
    assert not found.checks[REPLICAS].ok
    assert found.checks[REPLICAS].detail.startswith(f"1 of 2 take requests: {why}")


def test_of_each_check_the_worst_is_told() -> None:
    away, failed = CheckTold(True, "away", False), CheckTold(False, "Ollama gave no answer")
    there = CheckTold(True, "there", True)
    found = together([one(portkey=there), one(ollama=failed, portkey=away), one(portkey=there)])
    assert isinstance(found, Health)
    assert (found.checks["ollama"], found.checks["portkey"]) == (failed, away)


def test_where_none_answers_that_is_said_in_words_of_one() -> None:
    assert together(["no answer at a", "no answer at b"]) == "no answer at a"
