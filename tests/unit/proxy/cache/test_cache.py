"""The cache of one process: what it looks for, what it finds, and what it keeps."""

import asyncio

import pytest

from ollama_observe.metrics.catalogue import cache as m
from ollama_observe.wire.endpoints import endpoint_of
from proxy.cache.cache import Look
from proxy.cache.results import Result
from proxy.cache.seats import Seat
from proxy.cache.stores.store import Bounds
from proxy.connections import Asker, Cancellable
from proxy.heads import RequestHead, read_request, read_response
from tests.caching import BODY, CacheHouse, Means, entry, head_of
from tests.flying import FIRST, HEAD, LAST, Guest, Path, chunk
from tests.waiting import until

CHAT = endpoint_of("/api/chat")
DIRECT = Path()


async def look(house: CacheHouse, *lines: bytes, body: bytes | None = BODY) -> Look:
    return await house.cache.look(head_of(*lines), CHAT, body, DIRECT)


async def keep(house: CacheHouse, *lines: bytes) -> Look:
    """Look for something, and keep an answer for it."""
    found = await look(house, *lines)
    assert found.asked is not None
    await house.kept.put(found.asked.key, entry(), None)
    return found


@pytest.mark.parametrize(
    ("path", "is_taken"),
    [
        *((path, True) for path in ("/api/chat", "/api/generate", "/api/embed", "/v1/responses")),
        *((path, True) for path in ("/v1/messages", "/v1/embeddings", "/v1/completions")),
        *((path, False) for path in ("/api/pull", "/api/show", "/api/tags", "/other")),
        ("/v1/audio/transcriptions", False),
    ],
)
def test_what_models_answer_is_looked_for(path: str, is_taken: bool) -> None:
    head = head_of(path=path.encode())
    assert CacheHouse().cache.takes(head, endpoint_of(path)) is is_taken


@pytest.mark.parametrize(
    "head",
    [
        head_of(method=b"GET"),
        head_of(method=b"OPTIONS"),
        head_of(b"Content-Encoding: gzip"),
        head_of(b"Expect: 100-continue"),
        read_request(b"POST /api/chat HTTP/1.1\r\nContent-Length: 0"),
        read_request(b"POST /api/chat HTTP/1.1"),
    ],
)
def test_what_is_no_such_request_passes_by(head: RequestHead) -> None:
    assert not CacheHouse().cache.takes(head, CHAT)


def test_a_chunked_body_and_one_that_says_that_it_is_plain_are_looked_for() -> None:
    cache = CacheHouse().cache
    chunked = read_request(b"POST /api/chat HTTP/1.1\r\nTransfer-Encoding: chunked")
    assert cache.takes(chunked, CHAT)
    assert cache.takes(head_of(b"Content-Encoding: identity"), CHAT)


async def test_a_miss_becomes_a_hit_and_the_time_it_took_is_counted() -> None:
    house = CacheHouse()
    assert (await keep(house)).result is Result.MISS
    found = await look(house)
    assert (found.result, found.entry) == (Result.HIT, entry())
    assert house.read.value(m.LOOKUP_DURATION, "_count", result="hit") == 1
    assert house.read.value(m.LOOKUP_DURATION, "_count", result="miss") == 1


async def test_another_digest_or_caller_is_another_question() -> None:
    house = CacheHouse()
    await keep(house)
    assert (await look(house, b"Authorization: Bearer x")).result is Result.MISS
    house.digests.digests = {"m:latest": "d2"}
    assert (await look(house)).result is Result.MISS
    house.digests.digests = {"m:latest": "d1"}
    assert (await look(house)).result is Result.HIT


async def test_what_is_too_old_is_a_miss() -> None:
    house = CacheHouse()
    await keep(house)
    house.wall.now += 61.0
    assert (await look(house)).result is Result.MISS


@pytest.mark.parametrize("body", [None, b"", b"no json", b"{}", b'{"model":"m","model":"n"}'])
async def test_nobody_looks_for_what_is_not_certain(body: bytes | None) -> None:
    house = CacheHouse()
    assert (await look(house, body=body)).result is Result.DISABLED
    assert house.read.value(m.FAILURES, part="digest") == 0


@pytest.mark.parametrize(("digests", "failures"), [(None, 1), ({}, 0)])
async def test_nobody_looks_where_it_is_not_known_which_model_answers(
    digests: dict[str, str] | None, failures: int
) -> None:
    house = CacheHouse()
    house.digests.digests = digests
    assert (await look(house)).result is Result.DISABLED
    assert house.read.value(m.FAILURES, part="digest") == failures


async def test_a_defect_of_ours_is_no_failure_of_a_request() -> None:
    house = CacheHouse()
    house.digests.defect = RuntimeError()
    assert (await look(house)).result is Result.DISABLED


async def test_who_wants_a_new_answer_is_not_given_the_old() -> None:
    house = CacheHouse()
    await keep(house)
    found = await look(house, b"Cache-Control: no-cache")
    assert (found.result, found.entry) == (Result.REFRESH, None)
    assert found.asked is not None


@pytest.mark.parametrize(
    ("oldest", "exact", "near"),
    [(4, Result.REFRESH, Result.MISS), (5, Result.HIT, Result.SEMANTIC_HIT)],
)
async def test_who_wants_a_young_answer_is_not_given_an_older_one(
    oldest: int, exact: Result, near: Result
) -> None:
    nearest = Means()
    house = CacheHouse(nearest)
    first = await keep(house)
    assert first.asked is not None
    nearest.found = first.asked.key
    house.wall.now += 5
    line = b"Cache-Control: max-age=%d" % oldest
    assert (await look(house, line)).result is exact
    assert (await look(house, line, body=BODY.replace(b"Why?", b"Whence?"))).result is near


async def test_what_means_the_same_is_found_only_where_nothing_is_the_same() -> None:
    nearest = Means()
    house = CacheHouse(nearest)
    first = await keep(house)
    assert nearest.begun == ["Why?"]
    assert (await look(house)).result is Result.HIT
    assert nearest.begun == ["Why?"]
    assert first.asked is not None
    nearest.found = first.asked.key
    found = await look(house, body=BODY.replace(b"Why?", b"Wherefore?"))
    assert (found.result, found.entry) == (Result.SEMANTIC_HIT, entry())
    nearest.found = b"what is gone meanwhile"
    found = await look(house, body=BODY.replace(b"Why?", b"Whence?"))
    assert found.result is Result.MISS
    assert found.vector is not None


async def test_a_recorded_answer_says_how_old_it_is() -> None:
    house = CacheHouse()
    house.wall.now += 7.9
    replay = house.cache.replay(entry(), Result.SEMANTIC_HIT, keeps_parts=False)
    guest = Guest()
    guest.connected(replay)
    await until(lambda: guest.is_done)
    assert guest.statuses == ["SEMANTIC HIT"]
    assert guest.passing[-1] == b"Age: 7"


class Line:
    """A pool whose connection a test drives."""

    asker: Asker

    def ask(self, asker: Asker) -> Cancellable | None:
        self.asker = asker
        return None


def takes_off(house: CacheHouse, found: Look) -> tuple[Line, Guest]:
    line, guest = Line(), Guest()
    flight = house.cache.open_flight(found, CHAT, line)
    guest.seat = Seat(flight, guest, guest)
    flight.start(line, guest.seat)
    return line, guest


def answers(line: Line, payloads: tuple[bytes, ...] = (FIRST, LAST)) -> None:
    line.asker.head_received(1000.0, read_response(HEAD))
    for payload in payloads:
        line.asker.body_received(1000.0, chunk(payload), [payload], False)
    line.asker.body_received(1000.0, b"0\r\n\r\n", [], True)


async def test_a_whole_answer_is_kept_and_found() -> None:
    house = CacheHouse()
    line, _ = takes_off(house, await look(house))
    answers(line)
    await until(lambda: house.read.value(m.STORED) == 1)
    found = await look(house)
    assert found.result is Result.HIT
    assert found.entry is not None
    assert found.entry.body == chunk(FIRST) + chunk(LAST) + b"0\r\n\r\n"


async def test_an_answer_is_kept_with_the_meaning_of_its_question() -> None:
    nearest = Means()
    house = CacheHouse(nearest)
    found = await look(house)
    line, _ = takes_off(house, found)
    answers(line)
    await until(lambda: house.read.value(m.STORED) == 1)
    assert found.asked is not None
    async with asyncio.timeout(5):
        while not (key_and_vector := await house.kept.near(found.asked.bucket)):
            await asyncio.sleep(0.005)
    assert list(key_and_vector) == [(found.asked.key, nearest.vector)]


async def test_why_an_answer_is_not_kept_is_counted() -> None:
    house = CacheHouse()
    line, _ = takes_off(house, await look(house, b"Cache-Control: no-store"))
    answers(line)
    await until(lambda: house.read.value(m.NOT_STORED, reason="not_wanted") == 1)
    line, _ = takes_off(house, await look(house))
    answers(line, (FIRST,))
    await until(lambda: house.read.value(m.NOT_STORED, reason="incomplete") == 1)
    assert (await house.kept.held()) is not None
    assert (await look(house)).result is Result.MISS


async def test_what_nobody_looked_for_is_neither_kept_nor_counted() -> None:
    house = CacheHouse()
    line, guest = takes_off(house, await look(house, body=None))
    answers(line)
    await house.cache.close()
    assert guest.is_done
    assert guest.statuses == ["DISABLED"]
    assert house.read.value(m.NOT_STORED, reason="not_wanted") == 0
    assert house.read.value(m.STORED) == 0


async def test_a_flight_is_joined_by_the_same_question_to_the_same_upstream_as_long_as_it_may() -> (
    None
):
    house = CacheHouse()
    found = await look(house)
    line, _ = takes_off(house, found)
    assert house.cache.flight_of(found, line) is not None
    assert house.cache.flight_of(found, Line()) is None
    other = await look(house, b"Authorization: x")
    assert house.cache.flight_of(other, line) is None
    refresh = await look(house, b"Cache-Control: no-cache")
    assert house.cache.flight_of(refresh, line) is None
    none_kept = await look(house, b"Cache-Control: no-store")
    assert house.cache.flight_of(none_kept, line) is None
    answers(line)
    assert house.cache.flight_of(found, line) is None


async def test_without_the_setting_no_flight_is_joined() -> None:
    house = CacheHouse(shares_flights=False)
    found = await look(house)
    line, _ = takes_off(house, found)
    assert house.cache.flight_of(found, line) is None


async def test_what_was_emptied_elsewhere_is_empty_here_at_the_next_look() -> None:
    epochs = [0]
    house = CacheHouse(epoch=lambda: epochs[0])
    await keep(house)
    epochs[0] = 1
    assert (await look(house)).result is Result.MISS
    assert house.read.value(m.EVICTIONS, cause="cleared") == 1


async def test_emptying_says_how_many_there_were_and_is_not_done_twice() -> None:
    epochs = [0]
    house = CacheHouse(epoch=lambda: epochs[0])
    await keep(house)
    epochs[0] = 1
    assert await house.cache.empty() == 1
    await keep(house)
    assert (await look(house)).result is Result.HIT


async def test_what_is_being_kept_when_it_closes_is_kept() -> None:
    house = CacheHouse()
    line, _ = takes_off(house, await look(house))
    answers(line)
    await house.cache.close()
    assert house.read.value(m.STORED) == 1


@pytest.mark.parametrize("is_own", [True, False])
async def test_what_was_in_flight_when_it_was_emptied_is_not_kept(is_own: bool) -> None:
    epochs = [0]
    house = CacheHouse(epoch=lambda: epochs[0], is_own=is_own)
    line, guest = takes_off(house, await look(house))
    epochs[0] = 1
    answers(line)
    await until(lambda: house.read.value(m.NOT_STORED, reason="not_wanted") == 1)
    assert guest.is_done
    assert (await look(house)).result is Result.MISS
    assert house.read.value(m.STORED) == 0


async def test_a_store_that_all_share_is_not_emptied_once_more_by_each() -> None:
    epochs = [0]
    house = CacheHouse(epoch=lambda: epochs[0], is_own=False)
    epochs[0] = 1
    await keep(house)
    assert (await look(house)).result is Result.HIT


async def test_what_is_too_large_for_the_store_is_not_counted_as_kept() -> None:
    house = CacheHouse(bounds=Bounds(100, 500, 60.0))
    line, _ = takes_off(house, await look(house))
    answers(line)
    await until(lambda: house.read.value(m.NOT_STORED, reason="too_long") == 1)
    assert house.read.value(m.STORED) == 0


async def test_only_the_upstreams_that_a_way_reaches_are_asked_for_the_model() -> None:
    house = CacheHouse()
    there = Path()
    there.reaches = ("second",)
    await house.cache.look(head_of(), CHAT, BODY, there)
    await look(house)
    assert house.digests.asked == [("second",), ("ollama",)]
