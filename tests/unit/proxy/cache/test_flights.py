"""One question, several who wait: who gets what, who pays, and what becomes of those who stay."""

import asyncio

import pytest

from proxy.cache.flights import BACKLOG_BYTES
from proxy.cache.recording import Unfit
from proxy.failures import OwnDefect, UpstreamBrokeOff, UpstreamUnreachable
from proxy.heads import read_response
from proxy.outcomes import Ending
from proxy.ways import Trip
from tests.flying import FIRST, LAST, WHOLE, Flown, Guest, Path, chunk
from tests.waiting import until


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
    flown.starts()
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
    assert flown.first.told == ["hands on"]
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
    flown.starts()
    assert flown.first.path.told == []
    flown.leaves(flown.first)
    flown.clock.now = 1007.0
    flown.gives(FIRST)
    assert flown.first.path.told == [("gave", 1007.0)]


def test_the_first_leaves_in_mid_answer_and_the_others_get_it_whole() -> None:
    flown = Flown()
    second = flown.joins()
    flown.starts()
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
    flown.starts()
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
    flown.starts()
    assert flown.line.story[-1] == "pause"


async def test_when_the_slow_one_leaves_the_upstream_goes_on() -> None:
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
    flown.starts()
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
    flown.starts()
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
    for _ in range(3):
        flown.gives(b"x" * BACKLOG_BYTES)
    other.takes = 1
    flown.gives(b"last")
    assert "pause" not in flown.line.story
    assert other.body == flown.first.body


def test_what_the_first_one_left_is_read_on_to_its_end() -> None:
    flown = Flown()
    second, third = flown.joins(), flown.joins()
    flown.starts()
    flown.leaves(flown.first)
    assert flown.first.told == []
    rest = flown.first.rest
    assert rest is not None
    flown.gives(FIRST)
    flown.leaves(second)
    flown.gives(LAST, is_done=True)
    assert (rest.payload, rest.endings) == (FIRST + LAST, [Ending.COMPLETE])
    assert third.is_done


def test_one_answer_of_those_that_remain_is_what_was_generated_and_saved_nothing() -> None:
    flown = Flown()
    second, third = flown.joins(), flown.joins()
    flown.starts()
    flown.leaves(flown.first)
    flown.gives(LAST, is_done=True)
    entry = flown.recording.entry()
    assert entry is not None
    assert [second.shared, third.shared] == [[None, None], [None, entry]]


def test_a_first_one_that_was_behind_has_all_of_it_read() -> None:
    flown = Flown()
    second = flown.joins()
    flown.first.takes = 1
    flown.connects()
    flown.begins()
    for _ in range(3):
        flown.gives(FIRST)
    flown.leaves(flown.first)
    flown.gives(LAST, is_done=True)
    rest = flown.first.rest
    assert rest is not None
    assert (rest.payload, rest.endings) == (FIRST * 2 + LAST, [Ending.COMPLETE])
    assert second.body == chunk(FIRST) * 3 + chunk(LAST) + b"0\r\n\r\n"


@pytest.mark.parametrize("has_other", [True, False])
def test_a_first_one_that_leaves_behind_an_answer_that_has_ended(has_other: bool) -> None:
    """What nobody got whole was made for nobody."""
    flown = Flown()
    if has_other:
        flown.joins()
    flown.first.takes = 1
    flown.starts()
    flown.gives(LAST, is_done=True)
    flown.leaves(flown.first)
    rest = flown.first.rest
    assert rest is not None
    expected = Ending.COMPLETE if has_other else Ending.CLIENT_GONE
    assert (rest.payload, rest.endings) == (LAST, [expected])


def test_when_the_last_of_those_that_remained_leaves_the_rest_was_for_nobody() -> None:
    flown = Flown()
    second = flown.joins()
    flown.starts()
    flown.leaves(flown.first)
    flown.gives(FIRST)
    flown.leaves(second)
    rest = flown.first.rest
    assert rest is not None
    assert (rest.payload, rest.endings) == (FIRST, [Ending.CLIENT_GONE])
    assert flown.line.story[-1] == "give up"


@pytest.mark.parametrize("is_told", [True, False])
def test_a_rest_that_breaks_off_is_broken_off(is_told: bool) -> None:
    flown = Flown()
    flown.joins()
    flown.starts()
    flown.leaves(flown.first)
    if is_told:
        flown.flight.failed(UpstreamBrokeOff("broke off"))
    else:
        flown.first.path.breaks = True
        flown.gives(LAST, is_done=True)
    rest = flown.first.rest
    assert rest is not None
    assert rest.endings == [Ending.BROKE_OFF]


def test_a_first_one_that_had_everything_leaves_nothing() -> None:
    flown = Flown()
    second = flown.joins()
    flown.starts()
    flown.first.has_all = True
    flown.leaves(flown.first)
    flown.gives(LAST, is_done=True)
    assert second.shared == [None, flown.recording.entry()]


def test_nobody_hands_on_what_has_failed_for_all() -> None:
    flown = Flown()
    second = flown.joins()
    flown.flight.failed(UpstreamUnreachable("refused"))
    assert flown.first.told == []
    assert second.taken_over == []


async def test_one_who_stops_is_cut_when_the_others_have_waited_long_enough() -> None:
    flown = Flown(limit_bytes=1000, patience_seconds=0.02)
    stopped = flown.joins(Guest(takes=1))
    flown.connects()
    flown.begins()
    for _ in range(3):
        flown.gives(b"x" * BACKLOG_BYTES)
    assert flown.line.story[-1] == "pause"
    await until(lambda: stopped.error is not None)
    assert isinstance(stopped.error, UpstreamBrokeOff)
    assert flown.line.story[-1] == "resume"
    flown.gives(LAST, is_done=True)
    assert flown.first.is_done


async def test_a_first_one_who_is_cut_is_read_on() -> None:
    flown = Flown(limit_bytes=1000, patience_seconds=0.02)
    other = flown.joins()
    flown.first.takes = 1
    flown.connects()
    flown.begins()
    for _ in range(3):
        flown.gives(b"x" * BACKLOG_BYTES)
    await until(lambda: flown.first.error is not None)
    flown.gives(LAST, is_done=True)
    rest = flown.first.rest
    assert rest is not None
    assert (len(rest.payload), rest.endings) == (
        2 * BACKLOG_BYTES + len(LAST),
        [Ending.COMPLETE],
    )
    assert other.is_done


async def test_those_who_wait_wait_no_longer_in_all() -> None:
    """One that goes on a little each time, just before the end, is no faster."""
    flown = Flown(limit_bytes=1000, patience_seconds=0.2)
    slow = flown.joins(Guest(takes=1))
    flown.connects()
    flown.begins()
    flown.gives(b"x" * BACKLOG_BYTES)
    for _ in range(2):
        for _ in range(2):
            flown.gives(b"x" * BACKLOG_BYTES)
        assert flown.line.story[-1] == "pause"
        flown.clock.now += 0.15
        slow.goes_on(takes=2)
        await asyncio.sleep(0)
        assert flown.line.story[-1] == "resume"
    for _ in range(2):
        flown.gives(b"x" * BACKLOG_BYTES)
    await until(lambda: slow.error is not None, within_seconds=0.15)


async def test_where_all_are_slow_nobody_is_cut() -> None:
    flown = Flown(limit_bytes=1000, patience_seconds=0.0)
    flown.first.takes = 1
    other = flown.joins(Guest(takes=1))
    flown.connects()
    flown.begins()
    for _ in range(3):
        flown.gives(b"x" * BACKLOG_BYTES)
    await asyncio.sleep(0.02)
    assert flown.first.error is other.error is None
    assert flown.line.story[-1] == "pause"


class Waited(Path):
    """A way on which a turn was waited for: to whom it went."""

    def __init__(self) -> None:
        super().__init__()
        self.heirs: list[Trip | None] = []

    def yield_turn(self, to: Trip | None) -> None:
        """See Trip."""
        self.heirs.append(to)


@pytest.mark.parametrize("is_sent", [False, True])
def test_what_a_first_had_of_a_turn_goes_to_the_next_unless_it_was_used(is_sent: bool) -> None:
    flown = Flown()
    flown.first.path = path = Waited()
    second = flown.joins()
    if is_sent:
        flown.connects()
    flown.leaves(flown.first)
    assert path.heirs == ([] if is_sent else [second.path])
