"""Whether the server under test can be asked at all, told before the first question."""

from collections.abc import Mapping
from uuid import uuid4

import httpx2

from ollama_observe.wire.models import normalise_model
from ollama_observe.wire.portkey import GREETING
from traffic import portkey
from traffic.protocol import error_message
from traffic.routes import ROUTE_HEADER, Way, headers_of, path_of, way_of
from traffic.settings import TrafficSettings

WITHIN_SECONDS = 30.0

NOT_THROUGH_PORTKEY = (
    "the proxy did not send a request through Portkey that asked for it:"
    " is it started with --enable-portkey (`make start-with-portkey`), and is the gateway up?"
)


class TargetError(Exception):
    """Nothing can be asked; the message is a sentence with the remedy."""


async def check(http: httpx2.AsyncClient, settings: TrafficSettings) -> str | None:
    """Raise TargetError unless questions can be asked by the route that was chosen.

    What speaks against the route, but not against asking, is returned as a sentence.
    """
    if settings.route == "gateway":
        await check_gateway(http, settings)
        return None
    await check_target(http, settings.base_url, settings.model)
    if settings.route in ("portkey", "mixed") and await goes_direct(http):
        return NOT_THROUGH_PORTKEY
    return None


async def check_target(http: httpx2.AsyncClient, base_url: str, model: str) -> None:
    """Raise TargetError unless something answers at `base_url` and offers `model`.

    A server without a list of models (404) is not held against it: the questions will tell.
    """
    nobody = f"nothing answers at {base_url}; start the stack with `make start`"
    _require_model(base_url, model, await _get(http, "/api/tags", {}, nobody))


async def check_gateway(http: httpx2.AsyncClient, settings: TrafficSettings) -> None:
    """Raise TargetError unless a gateway answers, and reaches an Ollama that offers the model."""
    url = settings.portkey_url
    nobody = f"no Portkey gateway answers at {url}; start one with `make start-with-portkey`"
    hello = await _get(http, "/", {}, nobody)
    if GREETING not in hello.text:
        raise TargetError(f"{url} is no Portkey gateway: GET / does not say {GREETING!r}")
    headers = headers_of("gateway", settings.ollama_url, uuid4().hex)
    response = await _get(http, path_of("gateway", "/api/tags"), headers, nobody)
    _require_model(f"{settings.ollama_url} through {url}", settings.model, response)


async def goes_direct(http: httpx2.AsyncClient) -> bool:
    """Whether the proxy, asked for Portkey, answers without it; no answer is no proof."""
    headers = {ROUTE_HEADER: "portkey"}
    try:
        response = await http.get("/api/version", headers=headers, timeout=WITHIN_SECONDS)
    except httpx2.RequestError:
        return False
    has_sign = portkey.has_sign(response.headers)
    is_answered = response.status_code == httpx2.codes.OK
    return way_of("portkey", has_sign=has_sign, is_answered=is_answered) is Way.WENT_DIRECT


async def _get(
    http: httpx2.AsyncClient, path: str, headers: Mapping[str, str], nobody: str
) -> httpx2.Response:
    try:
        return await http.get(path, headers=headers, timeout=WITHIN_SECONDS)
    except httpx2.RequestError as error:
        raise TargetError(nobody) from error


def _require_model(server: str, model: str, response: httpx2.Response) -> None:
    if response.status_code == httpx2.codes.NOT_FOUND:
        return
    if response.status_code != httpx2.codes.OK:
        said = error_message(response.content)
        raise TargetError(f"{server} answers with HTTP {response.status_code}: {said}")
    names = _names(server, response)
    if normalise_model(model) not in {normalise_model(name) for name in names}:
        offered = ", ".join(names) or "no model at all"
        raise TargetError(f"{server} has no model {model}; /api/tags offers {offered}")


def _names(server: str, response: httpx2.Response) -> list[str]:
    try:
        return [str(model["name"]) for model in response.json()["models"]]
    except (ValueError, LookupError, TypeError) as error:
        raise TargetError(f"{server} is no Ollama: /api/tags does not list models") from error
