"""A client's connection on paper: requests in turn, refusals in turn, ends and deadlines."""

import asyncio
import math

import pytest
import structlog

from ollama_observe.metrics.catalogue import proxy as m
from proxy.clients import AHEAD_LIMIT_BYTES
from tests.paper import PaperHouse

GET = b"GET /api/version HTTP/1.1\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX-Request-Id: u\r\n\r\n"
CLOSE = b"\r\nConnection: close\r\n\r\n"


async def turn() -> None:
    """Let what was put off to the loop's next round happen."""
    await asyncio.sleep(0)


async def test_a_head_is_read_however_it_comes() -> None:
    house = PaperHouse()
    for at in range(len(GET)):
        assert house.pool.connections == []
        house.client.data_received(GET[at : at + 1])
    assert house.upstream_got() == GET


async def test_empty_lines_before_a_request_are_skipped() -> None:
    house = PaperHouse()
    house.client.data_received(b"\r\n\r\n" + GET)
    assert house.upstream_got() == GET


async def test_requests_in_one_packet_are_answered_one_after_the_other() -> None:
    house = PaperHouse()
    post = b"POST /api/show HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    house.client.data_received(post + GET + b"GET /a HT")
    assert house.upstream_got() == post
    assert len(house.pool.connections) == 1
    house.answer(OK + b"1")
    await turn()
    assert house.upstream_got(1) == GET
    house.client.data_received(b"TP/1.1\r\n\r\n")
    house.answer(OK + b"2", 1)
    await turn()
    assert house.upstream_got(2) == b"GET /a HTTP/1.1\r\n\r\n"
    assert house.transport.written == OK + b"1" + OK + b"2"


async def test_a_client_that_runs_ahead_is_not_read_from_until_its_turn() -> None:
    house = PaperHouse()
    house.client.data_received(GET)
    house.client.data_received(GET * (AHEAD_LIMIT_BYTES // len(GET) + 1))
    assert house.transport.story.count("pause_reading") == 1
    for number in range(AHEAD_LIMIT_BYTES // len(GET) + 2):
        house.answer(OK + b"1", number)
        await turn()
    assert house.transport.story[-1] == "resume_reading"


@pytest.mark.parametrize(
    "bad", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\nHost: a\n\n", b"GET / HTTP/1.1\r\nA : b\r\n\r\n"]
)
async def test_what_is_no_request_is_refused_in_its_turn(bad: bytes) -> None:
    house = PaperHouse()
    house.client.data_received(GET + bad + GET)
    assert house.transport.written == b""
    house.answer(OK + b"1")
    await turn()
    answer = house.transport.written.removeprefix(OK + b"1")
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"Connection: close" in answer
    assert "write_eof" in house.transport.story
    assert len(house.pool.connections) == 1
    assert house.counted(m.REQUESTS)["other", "other", "none", "400", "direct"] == 1


async def test_an_answer_before_the_request_is_whole_is_sent_and_the_rest_thrown_away() -> None:
    house = PaperHouse()
    house.client.data_received(b"POST /api/blobs/x HTTP/1.1\r\nContent-Length: 99\r\n\r\nabc")
    house.answer(b"HTTP/1.1 413 X\r\nContent-Length: 1\r\nX-Request-Id: u\r\n\r\n!")
    assert house.transport.written.endswith(b"X-Request-Id: u\r\nConnection: close\r\n\r\n!")
    assert house.transport.story == ["setsockopt"] * 3 + ["write_eof"]
    house.client.data_received(b"d" * 50)
    assert house.upstream_got().endswith(b"abc")
    assert house.pool.kept == []
    assert house.client.deadline < math.inf
    house.client.timed_out()
    assert house.transport.story[-1] == "abort"


async def test_a_client_that_closes_its_side_still_gets_its_answer() -> None:
    house = PaperHouse()
    house.client.data_received(GET)
    assert house.client.eof_received() is True
    assert house.pool.transports[0].story == ["write_eof"]
    house.answer(OK + b"1")
    assert house.transport.written.endswith(b"\r\n\r\n1")
    assert house.transport.story[-1] == "close"
    assert house.pool.kept == []
    assert house.counted(m.ABORTS) == {}


async def test_one_that_closes_its_side_and_gets_none_has_left() -> None:
    house = PaperHouse()
    house.client.data_received(b"POST /api/chat HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
    house.client.eof_received()
    house.pool.connections[0].connection_lost(None)
    assert house.transport.written == b""
    assert sum(house.counted(m.ABORTS).values()) == 1
    assert house.counted(m.ERRORS) == {}


async def test_one_that_closes_its_side_in_mid_request_has_left() -> None:
    house = PaperHouse()
    house.client.data_received(b"POST /api/chat HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}")
    assert house.client.eof_received() is False
    house.client.connection_lost(None)
    assert house.pool.transports[0].story == ["abort"]
    assert house.counted(m.ABORTS) == {("other", "upload", "direct"): 1}


async def test_all_requests_sent_before_the_side_was_closed_are_answered() -> None:
    house = PaperHouse()
    house.client.data_received(GET + GET)
    house.client.eof_received()
    house.answer(OK + b"1")
    await turn()
    house.answer(OK + b"2", 1)
    assert house.transport.written.count(b"HTTP/1.1 200 OK") == 2
    assert house.transport.story[-1] == "close"


async def test_a_client_that_leaves_ends_the_upstream_request() -> None:
    house = PaperHouse()
    house.client.data_received(GET)
    house.client.connection_lost(None)
    assert house.pool.transports[0].story == ["abort"]
    assert house.relay.admission.enter() is None
    assert house.counted(m.ACTIVE) == {}


async def test_deadlines_are_set_for_what_a_client_owes() -> None:
    house = PaperHouse(keep_alive_seconds=5, head_timeout_seconds=50, body_idle_seconds=500)
    now = asyncio.get_running_loop().time()
    assert house.client.deadline - now == pytest.approx(5, abs=1)
    house.client.data_received(b"POST /api/show HTTP/1.1\r\n")
    assert house.client.deadline - now == pytest.approx(50, abs=1)
    first = house.client.deadline
    house.client.data_received(b"A: b\r\n")
    assert house.client.deadline == first
    house.client.data_received(b"Content-Length: 2\r\n\r\n")
    assert house.client.deadline - now == pytest.approx(500, abs=1)
    house.client.data_received(b"{}")
    assert house.client.deadline == math.inf  # now it is the upstream's time
    house.answer(OK + b"1")
    assert house.client.deadline - now == pytest.approx(5, abs=1)


async def test_an_upload_that_the_upstream_does_not_take_is_on_nobody_s_clock() -> None:
    house = PaperHouse()
    house.client.data_received(b"POST /api/blobs/x HTTP/1.1\r\nContent-Length: 99\r\n\r\nabc")
    house.pool.connections[0].pause_writing()
    assert house.transport.story[-1] == "pause_reading"
    assert house.client.deadline == math.inf
    house.pool.connections[0].resume_writing()
    assert house.transport.story[-1] == "resume_reading"
    assert house.client.deadline < math.inf


async def test_a_drain_closes_idle_connections_and_cuts_the_others() -> None:
    house = PaperHouse()
    idle = [house.client.is_idle]
    house.client.data_received(GET)
    idle.append(house.client.is_idle)
    assert idle == [True, False]
    house.client.cut()
    assert house.transport.written.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert house.pool.transports[0].story == ["abort"]
    assert house.transport.story[-1] == "close"


async def test_while_draining_an_answer_is_the_connection_s_last() -> None:
    house = PaperHouse()
    house.client.data_received(GET + GET)
    house.relay.is_draining = True
    house.answer(OK + b"1")
    await turn()
    assert b"Connection: close" in house.transport.written
    assert house.transport.story[-1] == "close"
    assert len(house.pool.connections) == 1


async def test_a_connection_that_was_not_told_so_may_send_one_more_request() -> None:
    house = PaperHouse()
    house.client.data_received(GET)
    house.answer(OK)
    house.relay.is_draining = True
    house.answer(b"1")
    assert house.client.is_idle
    assert "close" not in house.transport.story
    house.client.data_received(GET)
    house.answer(OK + b"1", 1)
    assert house.transport.written.count(b"Connection: close") == 1
    assert house.transport.story[-1] == "close"


async def test_when_the_time_for_that_is_over_an_answer_ends_its_connection() -> None:
    house = PaperHouse()
    house.client.data_received(GET)
    house.answer(OK)
    house.relay.is_draining = house.relay.is_over = True
    house.answer(b"1")
    assert house.transport.story[-1] == "close"


async def test_who_does_not_take_an_answer_is_asked_for_no_more() -> None:
    house = PaperHouse()
    house.client.data_received(GET * 3)
    house.client.pause_writing()
    house.answer(OK + b"1")
    await turn()
    house.client.data_received(GET)
    await turn()
    assert len(house.pool.connections) == 1
    assert house.client.deadline == math.inf  # it may take its time
    house.client.resume_writing()
    for number in (1, 2, 3):
        assert house.upstream_got(number) == GET
        house.answer(OK + b"2", number)
        await turn()
    assert len(house.pool.connections) == 4


async def test_who_does_not_take_an_answer_and_runs_ahead_is_not_read_from() -> None:
    house = PaperHouse()
    house.client.data_received(GET)
    house.client.pause_writing()
    house.answer(OK + b"1")
    house.client.data_received(GET * (AHEAD_LIMIT_BYTES // len(GET) + 1))
    assert house.transport.story[-1] == "pause_reading"
    house.client.resume_writing()
    assert house.transport.story[-1] == "resume_reading"


async def test_a_client_that_ends_before_it_takes_its_answer_gets_all_of_them() -> None:
    house = PaperHouse()
    house.client.data_received(GET * 2)
    house.client.pause_writing()
    house.answer(OK + b"1")
    await turn()
    assert house.client.eof_received()
    await turn()
    assert "close" not in house.transport.story
    house.client.resume_writing()
    house.answer(OK + b"2", 1)
    await turn()
    assert house.transport.written == OK + b"1" + OK.replace(b"\r\n\r\n", CLOSE) + b"2"
    assert house.transport.story[-1] == "close"


@pytest.mark.parametrize("more", [{}, {"inject_usage": True}])
async def test_a_body_that_begins_among_what_ran_ahead_is_read_to_its_end(
    more: dict[str, object],
) -> None:
    house = PaperHouse(**more)
    size = 2 * AHEAD_LIMIT_BYTES
    post = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size
    house.client.data_received(GET + post + b" " * (size - 5))
    house.client.data_received(b"")
    assert house.transport.story[-1] == "pause_reading"
    house.answer(OK + b"1")
    await turn()
    assert house.transport.story[-1] == "resume_reading"
    house.client.data_received(b" " * 5)
    assert house.upstream_got(1) == post + b" " * size


async def test_a_bad_body_in_one_packet_with_its_head_takes_no_slot() -> None:
    house = PaperHouse(max_requests=1)
    house.client.data_received(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n")
    assert house.transport.written.startswith(b"HTTP/1.1 400 ")
    assert house.pool.connections == []
    assert house.relay.admission.enter() is None


class Defect(Exception):  # noqa: N818
    """Something that nobody thought of."""


async def test_a_defect_of_ours_is_told_and_counted_as_such() -> None:
    house = PaperHouse()
    house.pool.defect = Defect("a secret")
    with structlog.testing.capture_logs() as logged:
        house.client.data_received(GET)
    assert house.transport.written.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"secret" not in house.transport.written
    assert house.transport.story[-1] == "close"
    assert house.counted(m.ERRORS)["none", "internal", "direct"] == 1
    assert [(said["event"], said["error"]) for said in logged] == [("relay_failed", "Defect")]


async def test_a_refusal_after_which_the_client_has_ended_closes_the_connection() -> None:
    house = PaperHouse(allowed_hosts="ours")
    house.client.data_received(GET.replace(b"\r\n\r\n", b"\r\nHost: ours\r\n\r\n") + GET)
    house.client.eof_received()
    house.answer(OK + b"1")
    await turn()
    assert b"HTTP/1.1 403 Forbidden" in house.transport.written
    assert house.transport.story[-1] == "close"


async def test_an_end_seen_early_and_read_late_closes_the_connection_at_once() -> None:
    house = PaperHouse()
    house.client.data_received(GET)
    exchange = house.client._exchange
    assert exchange is not None
    exchange.half_closed(is_last=False)  # what could not be read yet may hold more
    house.client.eof_received()
    house.answer(OK + b"1")
    await turn()
    assert b"\r\nConnection: close\r\n" in house.transport.written
    assert house.transport.story[-1] == "close"


async def test_who_still_takes_an_early_answer_is_not_cut_off() -> None:
    house = PaperHouse()
    house.client.data_received(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc")
    house.answer(OK + b"1")
    house.transport.unsent = 1
    house.client.timed_out()
    assert "abort" not in house.transport.story
    assert house.client.deadline < math.inf
    house.transport.unsent = 0
    house.client.timed_out()
    assert house.transport.story[-1] == "abort"
