"""One question, several who wait: who gets what, who pays, and what becomes of those who stay."""

import asyncio

import pytest

from proxy.cache.flights import BACKLOG_BYTES
from proxy.cache.recording import Unfit
from proxy.heads import read_response
from proxy.upstream import OwnDefect, UpstreamBrokeOff, UpstreamUnreachable
from tests.flying import FIRST, LAST, WHOLE, Flown, Guest, chunk


def test_the_first_ones_request_is_sent_once_and_all_get_the_answer() -> None:
    flown = Flown()
    others = [flown.joins() for _ in range(3)]
    flown.flies()
    assert flown.line.sent == b"a request"
    assert flown.line.story == ["begin", "request ended"]
    assert [guest.body for guest in (flown.first, *others)] == [WHOLE] * 4
    assert all(guest.is_done for guest in (flown.first, *others))
    assert flown.first.statuses == ["MISS"]
    assert [guest.statuses for guest in others] == [["HIT"]] * 3


def test_who_shares_is_told_at_the_head_and_at_the_end_with_what_was_recorded() -> None:
    flown = Flown()
    other = flown.joins()
    flown.connects()
    flown.begins()
    assert other.shared == [None]
    flown.gives(FIRST)
    flown.gives(LAST, is_done=True)
    entry = flown.recording.entry()
    assert entry is not None
    assert other.shared == [None, entry]
    assert entry.generated_tokens == 2
    assert flown.first.shared == []


async def test_who_joins_in_mid_answer_gets_it_from_its_beginning() -> None:
    flown = Flown()
    flown.connects()
    flown.begins()
    flown.gives(FIRST)
    late = flown.joins()
    assert late.body == b""
    await asyncio.sleep(0)
    assert (late.statuses, late.body) == (["HIT"], chunk(FIRST))
    flown.gives(LAST, is_done=True)
    assert late.body == flown.first.body == WHOLE


async def test_who_joins_in_the_same_turn_as_the_end_gets_all() -> None:
    flown = Flown()
    flown.connects()
    flown.begins()
    late = flown.joins()
    flown.gives(LAST, is_done=True)
    await asyncio.sleep(0)
    assert late.body == chunk(LAST) + b"0\r\n\r\n"
    assert late.statuses == ["HIT"]
    assert late.shared == [None, flown.recording.entry()]


async def test_who_joins_and_leaves_before_anything_is_given_is_told_nothing() -> None:
    flown = Flown()
    flown.connects()
    flown.begins()
    late = flown.joins()
    flown.leaves(late)
    await asyncio.sleep(0)
    assert (late.statuses, late.shared, late.connection) == ([], [], None)


def test_the_first_leaves_while_connecting_and_the_next_sends() -> None:
    flown = Flown()
    second = flown.joins()
    flown.leaves(flown.first)
    assert not flown.connecting.is_cancelled
    flown.flies()
    assert flown.first.connection is None
    assert flown.line.story == ["begin", "request ended"]
    assert (second.statuses, second.body, second.shared) == (["MISS"], WHOLE, [])


def test_the_first_leaves_after_it_has_sent_and_the_next_takes_its_way_over() -> None:
    flown = Flown()
    second, third = flown.joins(), flown.joins()
    flown.connects()
    flown.leaves(flown.first)
    assert second.taken_over == [flown.first.path]
    assert flown.line.story == ["begin", "request ended"]
    assert flown.flight.goes_by(flown.first.path)
    flown.begins()
    flown.gives(LAST, is_done=True)
    assert second.statuses == ["MISS"]
    assert third.statuses == ["HIT"]
    assert flown.first.path.told.count("close") == 1
    assert "close" not in second.path.told
    assert len(flown.landed) == 1


def test_a_way_whose_request_is_no_longer_there_is_told_of_what_comes() -> None:
    flown = Flown()
    flown.joins()
    flown.connects()
    flown.begins()
    flown.gives(FIRST)
    assert flown.first.path.told == []
    flown.leaves(flown.first)
    flown.clock.now = 1007.0
    flown.gives(FIRST)
    assert flown.first.path.told == [("gave", 1007.0)]


def test_the_first_leaves_in_mid_answer_and_the_others_get_it_whole() -> None:
    flown = Flown()
    second = flown.joins()
    flown.connects()
    flown.begins()
    flown.gives(FIRST)
    flown.leaves(flown.first)
    flown.gives(LAST, is_done=True)
    assert second.body == WHOLE
    assert second.statuses == ["HIT"]
    assert "give up" not in flown.line.story
    assert flown.recording.unfit is None
    assert flown.recording.entry() is not None


@pytest.mark.parametrize("is_connected", [False, True])
def test_when_the_last_leaves_the_upstream_is_given_up_and_nothing_kept(is_connected: bool) -> None:
    flown = Flown()
    second = flown.joins()
    if is_connected:
        flown.connects()
        flown.begins()
    flown.leaves(flown.first)
    flown.leaves(second)
    assert flown.connecting.is_cancelled is not is_connected
    assert ("give up" in flown.line.story) is is_connected
    assert not flown.is_open
    assert [recording.unfit for recording in flown.landed] == [Unfit.INCOMPLETE]


def test_a_connection_that_comes_when_all_have_left_is_given_up() -> None:
    flown = Flown()
    flown.leaves(flown.first)
    flown.connects()
    assert flown.line.story == ["give up"]


def test_nobody_can_join_what_will_not_be_kept() -> None:
    for head in (
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 9",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked",
    ):
        flown = Flown()
        second = flown.joins()
        flown.connects()
        flown.begins(head)
        assert not flown.is_open
        flown.gives(b"x" * 9)
        assert second.body == chunk(b"x" * 9)


def test_an_answer_that_outgrows_the_limit_goes_on_to_those_who_are_there() -> None:
    flown = Flown(limit_bytes=2000)
    second = flown.joins()
    flown.connects()
    flown.begins()
    flown.gives(b"x" * 1500)
    assert flown.landed == []
    flown.gives(b"y" * 1500)
    assert not flown.is_open
    assert [recording.unfit for recording in flown.landed] == [Unfit.TOO_LONG]
    flown.gives(b"z", is_done=True)
    assert second.body == flown.first.body
    assert second.is_done
    assert second.shared == [None, None]
    assert len(flown.landed) == 1


def test_all_are_told_what_they_would_have_been_told_alone() -> None:
    flown = Flown()
    second = flown.joins()
    error = UpstreamUnreachable("connection refused")
    flown.flight.failed(error)
    assert flown.first.error is second.error is error
    assert flown.first.statuses == second.statuses == []
    assert second.connection is None


async def test_a_slow_one_gets_all_that_came_before_the_break_and_then_the_break() -> None:
    flown = Flown()
    slow = flown.joins(Guest(takes=1))
    flown.connects()
    flown.begins()
    for _ in range(3):
        flown.gives(FIRST)
    error = UpstreamBrokeOff("broke off")
    flown.flight.failed(error)
    assert flown.first.error is error
    assert (slow.body, slow.error) == (chunk(FIRST), None)
    slow.goes_on()
    await asyncio.sleep(0)
    assert (slow.body, slow.error) == (chunk(FIRST) * 3, error)


def test_a_break_is_told_at_once_where_nothing_waits() -> None:
    flown = Flown()
    flown.first.takes = 1
    flown.connects()
    flown.begins()
    flown.gives(FIRST)
    flown.flight.failed(UpstreamBrokeOff("broke off"))
    assert isinstance(flown.first.error, UpstreamBrokeOff)


def test_one_whose_own_failing_fails_takes_nobody_with_it() -> None:
    flown = Flown()
    second = flown.joins()

    def fails() -> None:
        raise RuntimeError

    flown.first.does_at_failure = fails
    flown.flight.failed(UpstreamBrokeOff("broke off"))
    assert isinstance(second.error, UpstreamBrokeOff)


def test_a_defect_costs_one_request() -> None:
    flown = Flown()
    bad = flown.joins(Guest(defect=RuntimeError()))
    good = flown.joins()
    flown.flies()
    assert isinstance(bad.error, OwnDefect)
    assert good.body == flown.first.body == WHOLE


async def test_a_slow_one_beside_a_fast_one_stops_the_upstream_at_the_limit() -> None:
    flown = Flown(is_open=True, limit_bytes=1000)
    slow = flown.joins(Guest(takes=1))
    flown.connects()
    flown.begins()
    big = b"x" * (BACKLOG_BYTES // 4)
    count = 0
    while "pause" not in flown.line.story:
        flown.gives(big)
        count += 1
    assert count == 5  # one was taken, four and their framing wait
    assert flown.first.body == chunk(big) * 5
    assert flown.first.path.told == [("keeps up", False)]
    slow.goes_on()
    await asyncio.sleep(0)
    assert slow.body == flown.first.body
    assert flown.line.story[-1] == "resume"
    assert flown.first.path.told == [("keeps up", False), ("keeps up", True)]


async def test_the_upstream_is_as_fast_as_the_fastest_as_long_as_little_waits() -> None:
    flown = Flown()
    fast = flown.joins()
    flown.first.takes = 1
    flown.connects()
    flown.begins()
    for _ in range(5):
        flown.gives(FIRST)
    assert "pause" not in flown.line.story
    assert fast.body == chunk(FIRST) * 5
    assert flown.first.body == chunk(FIRST)
    flown.first.goes_on()
    await asyncio.sleep(0)
    assert flown.first.body == fast.body


def test_when_all_are_slow_the_upstream_stops_at_once() -> None:
    flown = Flown()
    flown.first.takes = 1
    flown.joins(Guest(takes=1))
    flown.connects()
    flown.begins()
    flown.gives(FIRST)
    assert flown.line.story[-1] == "pause"


def test_when_the_slow_one_leaves_the_upstream_goes_on() -> None:
    flown = Flown(limit_bytes=1000)
    slow = flown.joins(Guest(takes=1))
    flown.connects()
    flown.begins()
    for _ in range(3):
        flown.gives(b"x" * BACKLOG_BYTES)
    assert flown.line.story[-1] == "pause"
    flown.leaves(slow)
    assert flown.line.story[-1] == "resume"


async def test_the_clock_of_what_waited_is_that_of_when_it_was_given() -> None:
    flown = Flown()
    slow = flown.joins(Guest(takes=1))
    flown.connects()
    flown.begins()
    flown.gives(FIRST)
    flown.clock.now = 1005.0
    flown.gives(LAST, is_done=True)
    flown.clock.now = 1009.0
    slow.goes_on()
    await asyncio.sleep(0)
    assert flown.first.instants == [1000.0, 1000.0, 1005.0]
    assert slow.instants[-1] == 1009.0


def test_a_broken_answer_is_no_recording_and_broken_for_all() -> None:
    flown = Flown()
    flown.joins()
    flown.connects()
    flown.begins()
    flown.gives(FIRST)
    flown.first.path.breaks = True
    flown.gives(LAST, is_done=True)
    assert flown.flight.is_broken
    assert [recording.unfit for recording in flown.landed] == [Unfit.INCOMPLETE]


def test_an_upstream_that_hangs_hangs_for_all() -> None:
    flown = Flown()
    second = flown.joins()
    flown.connects()
    flown.flight.hang()
    assert flown.first.told == second.told == ["hangs"]
    assert flown.line.story[-1] == "give up"
    assert not flown.is_open
    assert not flown.flight.goes_by(flown.first.path)


def test_the_end_of_a_clients_side_is_passed_on_only_for_one_alone() -> None:
    flown = Flown()
    second = flown.joins()
    flown.connects()
    assert flown.seat_of(second).send_end()
    assert "end" not in flown.line.story
    flown.leaves(second)
    assert flown.seat_of(flown.first).send_end()
    assert flown.line.story[-1] == "end"
    assert not flown.is_open  # the upstream may take it for leaving


def test_the_first_is_told_of_interim_answers_and_of_an_upstream_that_takes_no_more() -> None:
    flown = Flown()
    second = flown.joins()
    flown.connects()
    flown.flight.sending_paused()
    flown.flight.sending_resumed()
    flown.flight.interim_received(read_response(b"HTTP/1.1 103 Early Hints"))
    assert flown.first.told == ["paused", "resumed", "103"]
    assert second.told == []
    flown.begins()
    flown.leaves(flown.first)
    flown.flight.sending_paused()
    assert second.told == []


def test_nothing_waits_in_memory_where_nobody_can_join() -> None:
    flown = Flown(is_open=False, limit_bytes=100)
    other = flown.joins()
    flown.connects()
    flown.begins()
    for _ in range(50):
        flown.gives(b"x" * BACKLOG_BYTES)
    other.takes = 1
    flown.gives(b"last")
    assert "pause" not in flown.line.story
    assert other.body == flown.first.body
