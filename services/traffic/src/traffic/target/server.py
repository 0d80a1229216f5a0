"""What a model server says of itself: its version, and the models that it offers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TypeVar
from uuid import uuid4

import aiohttp
import msgspec

from ollama_observe.wire.models import normalise_model
from traffic.request.protocol import one_line
from traffic.request.routes import headers_of, path_of
from traffic.settings import RequestRoute, TrafficSettings
from traffic.target.bodies import whole

T = TypeVar("T")

WITHIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the list. None where the server does not tell."""

    name: str
    size: int | None = None
    """Bytes on disk."""
    digest: str | None = None


class _Tags(msgspec.Struct):
    models: list[Model]


class _Version(msgspec.Struct):
    version: str


async def offered(http: aiohttp.ClientSession, settings: TrafficSettings) -> tuple[Model, ...]:
    """The models that can be asked; none where the server has no list of them."""
    tags = await _said(http, settings, "/api/tags", _Tags)
    return () if tags is None else tuple(map(_shown, tags.models))


async def facts(
    http: aiohttp.ClientSession, settings: TrafficSettings, models: Sequence[str]
) -> dict[str, str]:
    """What of the server and of the `models` asked is kept; what it does not tell is not there."""
    version = await _said(http, settings, "/api/version", _Version)
    found = {} if version is None else {"version": version.version}
    return found | digests(await offered(http, settings), models)


def _shown(model: Model) -> Model:
    return replace(model, name=one_line(model.name))


def digests(models: Sequence[Model], asked: Sequence[str]) -> dict[str, str]:
    """The digests of those models that a run asks, each below its name."""
    known = {normalise_model(model.name): model.digest for model in models}
    return {
        f"digest of {name}": digest
        for name in asked
        if (digest := known.get(normalise_model(name)))
    }


async def _said(
    http: aiohttp.ClientSession, settings: TrafficSettings, path: str, kind: type[T]
) -> T | None:
    # a run's own requests choose their way; this one asks for none, except past the gateway
    way: RequestRoute = "gateway" if settings.route == "gateway" else "default"
    headers = headers_of(way, settings.ollama_url, uuid4().hex)
    timeout = aiohttp.ClientTimeout(total=WITHIN_SECONDS)
    try:
        async with http.get(
            f"{settings.target_url}{path_of(way, path)}", headers=headers, timeout=timeout
        ) as answer:
            body = await whole(answer)
        if answer.status != HTTPStatus.OK:
            return None
        return msgspec.json.decode(body, type=kind)
    except (aiohttp.ClientError, OSError, msgspec.MsgspecError, RecursionError):
        return None
