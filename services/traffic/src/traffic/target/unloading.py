"""A model out of the server's memory, so that its load is in the next time to first token.

Only Ollama's own API can do that, whichever API the questions are asked by.
Source: Ollama docs/api.md, "Unload a model" and "List running models".
"""

import asyncio
from http import HTTPStatus

import aiohttp

from ollama_observe.wire.loaded import read_loaded
from ollama_observe.wire.models import normalise_model
from traffic.target.bodies import whole

WITHIN_SECONDS = 30.0
POLL_SECONDS = 0.02


async def unload(
    http: aiohttp.ClientSession,
    base_url: str,
    model: str,
    within_seconds: float = WITHIN_SECONDS,
) -> bool:
    """Have `model` unloaded and wait until the server no longer lists it; whether it does not.

    It stays loaded where another request uses it all the time, or the server knows no unloading.
    """
    try:
        async with asyncio.timeout(within_seconds):
            asked = {"model": model, "keep_alive": 0}
            async with http.post(
                f"{base_url}/api/generate", json=asked, allow_redirects=False
            ) as response:
                await whole(response)
                if response.status != HTTPStatus.OK:
                    return False
            while (loaded := await loaded_models(http, base_url)) is not None:
                if normalise_model(model) not in loaded:
                    return True
                await asyncio.sleep(POLL_SECONDS)
    except (aiohttp.ClientError, OSError):  # a TimeoutError is an OSError, too
        return False
    return False


async def loaded_models(http: aiohttp.ClientSession, base_url: str) -> set[str] | None:
    """The normalised names of the models in memory; None where the server does not tell.

    Raises: aiohttp.ClientError, OSError.
    """
    async with http.get(f"{base_url}/api/ps", allow_redirects=False) as response:
        found = read_loaded(await whole(response))
        if response.status != HTTPStatus.OK or found is None:
            return None
        return {model.name for model in found}
