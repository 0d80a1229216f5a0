"""Prometheus is linked where it has pages; until it says so nobody knows."""

import asyncio
from collections.abc import Callable

import httpx2
import pytest

from dashboard.link import has_pages, look_for_pages

CEILING_SECONDS = 5.0


def answers(status: int | None) -> Callable[[httpx2.Request], httpx2.Response]:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if status is None:
            raise httpx2.ConnectError("no")
        if status == 302 and request.url.path == "/graph":
            return httpx2.Response(302, headers={"location": "/query"})
        return httpx2.Response(200 if request.url.path == "/query" else status)

    return answer


@pytest.mark.parametrize(
    ("status", "has"),
    [
        (200, True),
        (302, True),  # Prometheus 3 has it elsewhere
        (404, False),
        (503, None),
        (None, None),  # nobody is there
    ],
)
async def test_its_own_page_says_whether_there_are_any(
    status: int | None, has: bool | None
) -> None:
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answers(status))) as http:
        assert await has_pages(http, "http://prometheus:9090") is has


@pytest.mark.parametrize(("last", "times"), [(200, 1), (404, 0)])
async def test_it_is_looked_until_it_is_known_and_no_longer(last: int, times: int) -> None:
    statuses, found = [503, 503, last], list[bool]()

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(statuses.pop(0))

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        async with asyncio.timeout(CEILING_SECONDS):
            await look_for_pages(http, "http://p", lambda: found.append(True), again_seconds=0)
    assert statuses == []
    assert len(found) == times
