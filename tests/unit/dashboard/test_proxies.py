"""The tables of several proxies are one, whoever of them comes, goes or says nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from dashboard.live import MOST_ROWS
from dashboard.messages import Finished, Live, Request
from dashboard.proxies import ProxyFeeds, together
from dashboard.replicas import Replicas
from ollama_observe.service.tasks import spawn
from tests.clock import Clock
from tests.fakes.server import Call, Script, ScriptedServer
from tests.loopback import http_client
from tests.unit.dashboard.test_live import EVENTS, ROW, Shown, event


def request(name: str, age: float = 1.0) -> Request:
    return Request(name, "/api/chat", "m:1b", "direct", "answering", age, 1.0, 7, 5.0)


def ended(name: str, ago: float) -> Finished:
    return Finished(name, "/api/chat", "m:1b", "direct", "ok", 200, 2.0, 7, ago)


def test_one_proxys_table_is_shown_as_it_is() -> None:
    live = Live(1.0, [request("a")], [], "why")
    assert together([live]) is live


def test_rows_of_all_are_in_one_order_and_each_but_once() -> None:
    first = Live(1.0, [request("a", 5.0), request("b", 1.0)], [ended("c", 2.0)], "", 3)
    second = Live(2.0, [request("d", 3.0), request("b", 1.0)], [ended("e", 1.0)], "", 1)
    live = together([first, second])
    assert (live.at, live.error, live.left_out) == (2.0, "", 4)
    assert [one.request_id for one in live.requests] == ["a", "d", "b"]
    assert [one.request_id for one in live.finished] == ["e", "c"]


def test_a_crowd_is_cut_and_counted() -> None:
    halves = [Live(1.0, [request(f"{n} {i}") for i in range(MOST_ROWS)], [], "") for n in "ab"]
    live = together(halves)
    assert (len(live.requests), live.left_out) == (MOST_ROWS, MOST_ROWS)


@pytest.mark.parametrize("order", [1, -1])
def test_one_that_says_nothing_is_left_out_while_another_tells(order: int) -> None:
    silent = Live(9.0, [request("old")], [], "the proxy says nothing")
    live = together([silent, Live(10.0, [request("a")], [], "")][::order])
    assert (live.at, live.error, [one.request_id for one in live.requests]) == (10.0, "", ["a"])


def test_where_none_tells_the_last_tables_are_shown_with_a_reason() -> None:
    silent = [Live(at, [request(name)], [], "gone") for name, at in (("a", 1.0), ("b", 2.0))]
    live = together(silent)
    assert (live.at, live.error, len(live.requests)) == (2.0, "gone", 2)
    assert together([Live(None, [], [], "gone")] * 2).at is None


def telling(name: str) -> Script:
    async def script(call: Call) -> None:
        await call.head("200 OK", EVENTS)
        await call.chunk(event({**ROW, "request_id": name}))
        await call.peer_gone.wait()

    return script


@contextlib.asynccontextmanager
async def following(urls: list[str]) -> AsyncIterator[Shown]:
    shown = Shown()
    replicas = Replicas("http://proxy:8001", lambda _: urls, lambda: 1e9 * len(urls))
    async with http_client() as http:
        feeds = ProxyFeeds(http, replicas, shown.show, Clock(50.0), 0.01, 0.01)
        task = spawn(feeds.follow(), name="follow")
        try:
            yield shown
        finally:
            task.cancel()
            await asyncio.wait([task])


def names(live: Live) -> list[str]:
    return sorted(one.request_id for one in live.requests)


async def test_one_that_comes_is_followed_and_one_that_went_is_no_more() -> None:
    async with ScriptedServer(telling("a")) as first, ScriptedServer(telling("b")) as second:
        urls = [first.url]
        async with following(urls) as shown:
            await shown.until(lambda live: names(live) == ["a"])
            urls.append(second.url)
            await shown.until(lambda live: names(live) == ["a", "b"])
            shown.all.clear()
            urls[:] = [second.url, "http://127.0.0.1:1", "http://127.0.0.1:2"]
            await shown.until(lambda live: names(live) == ["b"] and not live.error)
            await asyncio.wait_for(first.calls[0].peer_gone.wait(), 5)


def test_where_it_failed_it_says_so_and_shows_no_table_that_may_have_been_the_reason() -> None:
    shown: list[Live] = []
    feeds = ProxyFeeds(http_client(), Replicas("http://p"), shown.append, Clock())
    feeds.failed("the dashboard failed at this")
    assert shown == [Live(None, [], [], "the dashboard failed at this")]
