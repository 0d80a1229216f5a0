"""How long a worker that ended stays away; what the processes do is in integration."""

import asyncio
import time
from typing import Any

import msgspec
import pytest

from proxy.finished import Table
from proxy.inflight import Entry
from proxy.story import Phase
from proxy.workers import ANSWER_SECONDS, PAUSE_SECONDS, _table_of, _Worker, pause_seconds

ENTRY = Entry("id", "/api/chat", "m:latest", "direct", Phase.PREFILL, 1.0, 1.0, 0, None)


class Pipe:
    """Takes questions."""

    def write(self, data: bytes) -> None:
        pass


def worker(*said: bytes) -> _Worker:
    """A worker that has said this much, and then ended."""
    nothing: Any = None
    reader, writer = asyncio.StreamReader(), Pipe()
    for data in said:
        reader.feed_data(data)
    found = _Worker(nothing, nothing, reader, writer)  # type: ignore[arg-type]
    found.is_ready.set()
    return found


def answer(number: int, *entries: Entry) -> bytes:
    return msgspec.json.encode((number, Table(list(entries), []))) + b"\n"


def test_one_that_lived_is_started_at_once_and_one_that_cannot_live_ever_later() -> None:
    pauses = [pause_seconds(failures) for failures in range(10)]
    assert pauses[0] == min(PAUSE_SECONDS)
    assert pauses == sorted(pauses)
    assert pauses[-1] == max(PAUSE_SECONDS)


async def test_an_answer_to_an_older_question_is_passed_over() -> None:
    late = worker(answer(1), answer(2, ENTRY))
    late.asked = 1
    assert await _table_of(late) == Table([ENTRY], [])


@pytest.mark.parametrize("said", [b"", b'[1,{"requests":[', b"no json\n", b"[1,{}]\n"])
async def test_of_a_worker_that_was_killed_in_mid_answer_nothing_is_known(said: bytes) -> None:
    gone = worker(said)
    gone.reader.feed_eof()
    assert await _table_of(gone) == Table([], [])


async def test_those_who_ask_a_stuck_worker_wait_together_not_in_turn() -> None:
    stuck = worker()
    began_at = time.perf_counter()
    assert await asyncio.gather(*(_table_of(stuck) for _ in range(5))) == [Table([], [])] * 5
    assert time.perf_counter() - began_at < 2 * ANSWER_SECONDS


async def test_every_answer_is_told_once_also_one_that_came_too_late() -> None:
    heard: list[Table] = []
    late = worker(answer(1), answer(2, ENTRY))
    late.asked = 1
    assert await _table_of(late, heard.append) == Table([ENTRY], [])
    assert heard == [Table([], []), Table([ENTRY], [])]
    await _table_of(worker(b"no json\n"), heard.append)
    assert len(heard) == 2
