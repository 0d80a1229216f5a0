"""A recorded answer given again: every byte, as fast as it is taken, or as it came."""

import asyncio

import pytest

from proxy.bodies import ChunkedBody
from proxy.cache.entries import Entry, a_mark
from proxy.cache.replay import PIECE_BYTES, Replay
from proxy.failures import OwnDefect
from tests.clock import Clock
from tests.flying import FIRST, LAST, WHOLE, Guest, chunk
from tests.waiting import until

LINES = [b"Content-Type: application/x-ndjson", b"Transfer-Encoding: chunked"]


def entry(
    body: bytes = WHOLE,
    marks: list[tuple[int, int]] | None = None,
    lines: list[bytes] | None = None,
) -> Entry:
    return Entry(
        model="m:latest",
        endpoint="/api/chat",
        status_line=b"HTTP/1.1 200 OK",
        lines=LINES if lines is None else lines,
        body=body,
        marks=b"".join(a_mark(*mark) for mark in marks or [(0, len(body))]),
        stored_at=0.0,
        seconds=1.0,
    )


def replayed(
    recorded: Entry,
    guest: Guest,
    clock: Clock | None = None,
    keeps_pace: bool = False,
    keeps_parts: bool = False,
) -> Replay:
    replay = Replay(
        recorded, [b"x-portkey-cache-status: HIT"], clock or Clock(), keeps_pace, keeps_parts
    )
    guest.connected(replay)
    return replay


async def test_every_byte_is_given_again_and_the_head_says_that_it_is() -> None:
    guest = Guest()
    replayed(entry(), guest)
    assert guest.body == b""  # not from within who asks
    await until(lambda: guest.is_done)
    assert guest.body == WHOLE
    assert guest.statuses == ["HIT"]
    assert guest.error is None


async def test_a_body_with_its_length_is_given_again() -> None:
    guest = Guest()
    body = b'{"done":true}'
    replayed(entry(body, lines=[b"Content-Length: %d" % len(body)]), guest)
    await until(lambda: guest.is_done)
    assert guest.body == body


class Counting(Guest):
    """Notes each part, and the payload in it."""

    def __init__(self, takes: int = 1_000_000) -> None:
        super().__init__(takes)
        self.sizes: list[int] = []
        self.pieces: list[list[bytes]] = []

    def body_received(self, at: float, raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        self.sizes.append(len(raw))
        self.pieces.append(pieces)
        super().body_received(at, raw, pieces, is_done)


async def test_what_is_long_is_given_in_pieces_and_no_faster_than_it_is_taken() -> None:
    body = chunk(b"x" * 3 * PIECE_BYTES) + b"0\r\n\r\n"
    guest = Counting(takes=1)
    replay = replayed(entry(body), guest)
    await until(lambda: bool(guest.sizes))
    await asyncio.sleep(0)
    assert guest.sizes == [PIECE_BYTES]
    replay.resume()
    replay.resume()
    await until(lambda: len(guest.sizes) == 2)
    await asyncio.sleep(0)
    assert guest.sizes == [PIECE_BYTES] * 2
    guest.takes = 1_000_000
    replay.resume()
    await until(lambda: guest.is_done)
    assert guest.body == body


async def test_parts_are_kept_apart_where_they_are_framed_anew() -> None:
    parts = [chunk(FIRST), chunk(FIRST) + chunk(LAST), b"0\r\n\r\n"]
    recorded = entry(b"".join(parts), [(at, len(part)) for at, part in enumerate(parts)])
    guest = Counting()
    replayed(recorded, guest, keeps_parts=True)
    await until(lambda: guest.is_done)
    body = ChunkedBody()
    assert guest.sizes == [len(part) for part in parts]
    assert guest.pieces == [body.feed(part)[0] for part in parts]


async def test_the_recorded_pace_is_kept_after_the_request() -> None:
    clock = Clock()
    parts = [chunk(FIRST), chunk(LAST), b"0\r\n\r\n"]
    recorded = entry(
        b"".join(parts), [(20, len(parts[0])), (60, len(parts[1])), (60, len(parts[2]))]
    )
    guest = Counting()
    replayed(recorded, guest, clock, keeps_pace=True)
    await until(lambda: guest.instants == [1000.0])  # the head, which leaves with the first part
    assert guest.sizes == []
    clock.now += 0.020
    await until(lambda: len(guest.sizes) == 1)
    assert guest.body == parts[0]
    clock.now += 0.040
    await until(lambda: guest.is_done)
    assert guest.body == recorded.body


async def test_who_leaves_is_told_no_more_whenever_it_leaves() -> None:
    clock = Clock()
    for leaves_at_once in (True, False):
        guest = Guest()
        body = chunk(FIRST) + chunk(LAST) + b"0\r\n\r\n"
        half = len(chunk(FIRST))
        recorded = entry(body, [(0, half), (50, len(body) - half)])
        replay = replayed(recorded, guest, clock, keeps_pace=True)
        if not leaves_at_once:
            await until(lambda taken=guest: bool(taken.body))  # type: ignore[misc]
        replay.give_up()
        clock.now += 1.0
        replay.resume()
        await asyncio.sleep(0.06)
        assert guest.body == (b"" if leaves_at_once else chunk(FIRST))
        assert not guest.is_done


async def test_who_closes_its_sending_side_gets_all_the_same() -> None:
    guest = Guest()
    replay = replayed(entry(), guest)
    assert replay.send_end()
    await until(lambda: guest.is_done)


@pytest.mark.parametrize("keeps_parts", [False, True])
async def test_a_defect_of_ours_is_told_to_who_waits(keeps_parts: bool) -> None:
    guest = Guest(defect=RuntimeError())
    replayed(entry(), guest, keeps_parts=keeps_parts)
    await until(lambda: guest.error is not None)
    assert isinstance(guest.error, OwnDefect)
