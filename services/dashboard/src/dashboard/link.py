"""Whether Prometheus has pages for people: a build without them has only its API.

A link to such a one would lead nowhere.
"""

import asyncio
from collections.abc import Callable

import httpx2

from dashboard.asking import ask

PATH = "/graph"
"""Its page for an expression: Prometheus 3 and Debian's redirect it to theirs."""
WITHIN_SECONDS = 3.0
AGAIN_SECONDS = 5.0


async def has_pages(http: httpx2.AsyncClient, url: str) -> bool | None:
    """Whether the Prometheus at an address has pages; None where it does not say."""
    answer = await ask(http, url, PATH, WITHIN_SECONDS, follow_redirects=True)
    if isinstance(answer, str):
        return None
    if answer.status_code == httpx2.codes.NOT_FOUND:
        return False
    return True if answer.status_code == httpx2.codes.OK else None


async def look_for_pages(
    http: httpx2.AsyncClient,
    url: str,
    found: Callable[[], None],
    again_seconds: float = AGAIN_SECONDS,
) -> None:
    """Look until it is known; `found` is told where there are pages."""
    while True:
        has = await has_pages(http, url)
        if has:
            found()
        if has is not None:
            return
        await asyncio.sleep(again_seconds)
