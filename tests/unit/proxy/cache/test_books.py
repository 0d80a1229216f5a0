"""What the cache counts of itself, and how one request's look is booked."""

import pytest

from ollama_observe.metrics.catalogue import cache as m
from ollama_observe.metrics.ledger import Page
from ollama_observe.wire.endpoints import endpoint_of
from proxy.cache.books import CacheBooks, book_cache
from proxy.cache.entries import Entry
from proxy.cache.recording import Unfit
from proxy.cache.results import Result
from proxy.cache.stores.store import Cause, Held
from proxy.outcomes import Ending
from proxy.story import Story
from tests.ledgers import ReadLedger

ENTRY = Entry("m:latest", "/api/chat", b"HTTP/1.1 200 OK", [], b"x", b"", 0.0, 2.5, 7, 5)


def test_what_has_not_happened_is_zero_and_not_absent() -> None:
    read = ReadLedger()
    CacheBooks(read.ledger)
    assert read.value(m.STORED) == 0
    assert [read.value(m.EVICTIONS, cause=cause) for cause in Cause] == [0] * len(Cause)
    assert [read.value(m.NOT_STORED, reason=unfit) for unfit in Unfit] == [0] * len(Unfit)
    parts = ("store", "embedding", "digest")
    assert [read.value(m.FAILURES, part=part) for part in parts] == [0, 0, 0]


def test_what_happens_is_counted() -> None:
    read = ReadLedger()
    books = CacheBooks(read.ledger)
    for seconds in (0.25, 0.5):
        books.looked(Result.MISS, seconds)
    books.stored()
    books.not_kept(Unfit.TOO_LONG)
    books.gone(Cause.AGE, 3)
    books.failed("store")
    books.held(Held(4, 1000))
    assert read.value(m.LOOKUP_DURATION, "_count", result="miss") == 2
    assert read.value(m.LOOKUP_DURATION, "_sum", result="miss") == 0.75
    assert read.value(m.STORED) == 1
    assert read.value(m.NOT_STORED, reason="too_long") == 1
    assert read.value(m.EVICTIONS, cause="age") == 3
    assert read.value(m.FAILURES, part="store") == 1
    assert (read.value(m.ENTRIES), read.value(m.BYTES)) == (4, 1000)


def story(result: Result | None, entry: Entry | None, ending: Ending, status: int = 200) -> Story:
    told = Story("id", "", "", "POST", endpoint_of("/api/chat"), True, "m:latest", 0.0)
    told.cached, told.entry, told.upstream_status = result, entry, status
    told.end(1.0, ending)
    return told


def booked(*stories: Story) -> ReadLedger:
    read = ReadLedger()
    page: Page = read.ledger.page({})
    for one in stories:
        book_cache(read.ledger, page, one)
    return read


@pytest.mark.parametrize("result", Result)
def test_each_look_is_counted_by_what_became_of_it(result: Result) -> None:
    read = booked(story(result, None, Ending.COMPLETE))
    labels = {"endpoint": "/api/chat", "model": "m:latest", "result": result.value}
    assert read.value(m.LOOKUPS, **labels) == 1
    assert read.value(m.SAVED_SECONDS, model="m:latest") is None


def test_who_had_no_cache_to_look_into_is_not_counted() -> None:
    assert booked(story(None, None, Ending.COMPLETE)).series() == booked().series()


def test_what_was_given_again_whole_was_saved() -> None:
    hit = story(Result.HIT, ENTRY, Ending.COMPLETE)
    shared = story(Result.SHARED, ENTRY, Ending.HALF_CLOSED)
    read = booked(hit, shared)
    assert read.value(m.SAVED_SECONDS, model="m:latest") == 5.0
    assert read.value(m.SAVED_TOKENS, model="m:latest", type="input") == 14
    assert read.value(m.SAVED_TOKENS, model="m:latest", type="output") == 10


@pytest.mark.parametrize("ending", [Ending.CLIENT_GONE, Ending.CUT_BY_SHUTDOWN, Ending.FAILED])
def test_what_was_not_given_whole_saved_nothing(ending: Ending) -> None:
    read = booked(story(Result.HIT, ENTRY, ending))
    assert read.value(m.SAVED_SECONDS, model="m:latest") is None
    assert read.value(m.LOOKUPS, endpoint="/api/chat", model="m:latest", result="hit") == 1


def test_what_is_put_once_more_was_not_replaced() -> None:
    read = ReadLedger()
    books = CacheBooks(read.ledger)
    books.puts_again()
    books.gone(Cause.AGE, 1)
    books.gone(Cause.REPLACED, 1)
    assert read.value(m.EVICTIONS, cause="replaced") == 0
    books.gone(Cause.REPLACED, 2)
    assert read.value(m.EVICTIONS, cause="replaced") == 2
