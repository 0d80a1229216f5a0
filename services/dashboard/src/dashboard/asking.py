"""Asks another part over HTTP, once; where no answer comes, a sentence says why."""

import asyncio

import httpx2

from ollama_observe.service.addresses import without_credentials


async def ask(
    http: httpx2.AsyncClient,
    url: str,
    path: str,
    within_seconds: float,
    *,
    follow_redirects: bool = False,
) -> httpx2.Response | str:
    """The answer at an address and a path below it, whatever its status; or the sentence."""
    where = without_credentials(url)
    try:
        async with asyncio.timeout(within_seconds):
            return await http.get(f"{url.rstrip('/')}{path}", follow_redirects=follow_redirects)
    except (httpx2.TimeoutException, TimeoutError):
        return f"no answer at {where} within {within_seconds:g} s"
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return f"no answer at {where}: {str(error) or type(error).__name__}"
