"""Whether the server under test can be asked at all, told before the first question."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import uuid4

import aiohttp
import msgspec

from ollama_observe.wire.models import normalise_model
from ollama_observe.wire.portkey import GREETING
from traffic.choices import Preset
from traffic.refusals import RefusedError
from traffic.request import portkey
from traffic.request.protocol import error_message
from traffic.request.redirects import redirect
from traffic.request.routes import ROUTE_HEADER, Way, headers_of, path_of, way_of
from traffic.request.sending import words_of
from traffic.settings import TrafficSettings
from traffic.target.bodies import TooLongError, whole
from traffic.target.server import Model, models_of, suited
from traffic.target.unloading import loaded_models

WITHIN_SECONDS = 30.0

NOT_THROUGH_PORTKEY = (
    "the proxy did not send a request through Portkey that asked for it:"
    " is it started with --enable-portkey (`make start-with-portkey`), and is the gateway up?"
)
NO_COLD_BY_GATEWAY = (
    "--cold-every needs Ollama's own API to unload a model, and the route gateway asks the gateway"
    " alone; choose another route"
)


class TargetError(RefusedError):
    """Nothing can be asked; the message is a sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a first look at the server has found, which does not speak against asking it."""

    models: tuple[Model, ...]
    """Those that it offers; none where it has no list of them."""
    warning: str | None = None
    """What speaks against the route that was chosen."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


async def check(
    http: aiohttp.ClientSession, settings: TrafficSettings, models: Sequence[str]
) -> Look:
    """Raise TargetError unless `models` can be asked by the route that was chosen."""
    if settings.route == "gateway":
        if settings.cold_every:
            raise TargetError(NO_COLD_BY_GATEWAY)
        return Look(await check_gateway(http, settings, models))
    offered = await check_target(http, settings.base_url, models, settings.preset)
    if settings.cold_every:
        await check_unloading(http, settings.base_url)
    if settings.route in ("portkey", "mixed") and await goes_direct(http, settings.base_url):
        return Look(offered, NOT_THROUGH_PORTKEY)
    return Look(offered)


async def check_target(
    http: aiohttp.ClientSession, base_url: str, models: Iterable[str], preset: Preset = "quick"
) -> tuple[Model, ...]:
    """What `base_url` offers. Raise TargetError unless it answers and all of `models` are there.

    A server without a list of models (404) is not held against it: the questions will tell.
    """
    nobody = f"nothing answers at {base_url}; start the stack with `make start`"
    tags = await _get(http, f"{base_url}/api/tags", {}, nobody)
    return _offered(base_url, models, tags, preset)


async def check_gateway(
    http: aiohttp.ClientSession, settings: TrafficSettings, models: Iterable[str]
) -> tuple[Model, ...]:
    """The same by a gateway, and of the Ollama that it is to reach."""
    url = settings.portkey_url
    nobody = f"no Portkey gateway answers at {url}; start one with `make start-with-portkey`"
    hello = await _get(http, f"{url}/", {}, nobody)
    if GREETING.encode() not in hello.body:
        raise TargetError(f"{url} is no Portkey gateway: GET / does not say {GREETING!r}")
    headers = headers_of("gateway", settings.ollama_url, uuid4().hex)
    tags = await _get(http, f"{url}{path_of('gateway', '/api/tags')}", headers, nobody)
    return _offered(f"{settings.ollama_url} through {url}", models, tags, settings.preset)


async def check_unloading(http: aiohttp.ClientSession, base_url: str) -> None:
    """Raise TargetError unless the server tells which models it has in memory."""
    try:
        is_told = await loaded_models(http, base_url) is not None
    except (aiohttp.ClientError, OSError):
        is_told = False
    if not is_told:
        raise TargetError(
            f"{base_url} cannot unload a model for --cold-every:"
            " expected a list of the loaded models at /api/ps, found none"
        )


async def goes_direct(http: aiohttp.ClientSession, base_url: str) -> bool:
    """Whether the proxy, asked for Portkey, answers without it; no answer is no proof."""
    try:
        answer = await _fetch(http, f"{base_url}/api/version", {ROUTE_HEADER: "portkey"})
    except (aiohttp.ClientError, OSError):
        return False
    has_sign, is_answered = portkey.has_sign(answer.headers), answer.status == HTTPStatus.OK
    return way_of("portkey", has_sign=has_sign, is_answered=is_answered) is Way.WENT_DIRECT


async def _get(
    http: aiohttp.ClientSession, url: str, headers: Mapping[str, str], nobody: str
) -> _Answer:
    try:
        answer = await _fetch(http, url, headers)
    except TooLongError as error:
        raise TargetError(f"{url}: {error}") from error
    except aiohttp.ClientSSLError as error:
        raise TargetError(f"{url}: {words_of(error)}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise TargetError(nobody) from error
    if said := redirect(answer.status, answer.headers.get("location")):
        raise TargetError(f"{url} answers with HTTP {answer.status}: {said}")
    return answer


async def _fetch(http: aiohttp.ClientSession, url: str, headers: Mapping[str, str]) -> _Answer:
    timeout = aiohttp.ClientTimeout(total=WITHIN_SECONDS)
    async with http.get(url, headers=headers, timeout=timeout, allow_redirects=False) as response:
        return _Answer(response.status, response.headers, await whole(response))


def _offered(
    server: str, wanted: Iterable[str], answer: _Answer, preset: Preset
) -> tuple[Model, ...]:
    if answer.status == HTTPStatus.NOT_FOUND:
        return ()
    if answer.status != HTTPStatus.OK:
        said = error_message(answer.body)
        raise TargetError(f"{server} answers with HTTP {answer.status}: {said}")
    try:
        models = models_of(answer.body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise TargetError(f"{server} is no Ollama: /api/tags does not list models") from error
    known = {normalise_model(model.name) for model in models}
    for name in wanted:
        if normalise_model(name) not in known:
            offered = ", ".join(model.name for model in models) or "no model at all"
            raise TargetError(
                f"{server} has no model {name}; /api/tags offers {offered}; "
                f"{_instead_of(name, suited(models, preset))}"
            )
    return models


def _instead_of(name: str, other: str | None) -> str:
    # names are others' words, and are to be typed
    if other is None:
        return f"make pull-model MODEL={shlex.quote(name)} fetches it"
    return f"choose one: TRAFFIC_MODEL={shlex.quote(other)} (--model)"
