"""What a model server says of itself: its version, and the models that it offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec

from ollama_observe.wire.locations import Location, location_of, says_remote
from ollama_observe.wire.models import normalise_model
from traffic.choices import Preset, RequestRoute
from traffic.lines import one_line
from traffic.request.routes import headers_of, path_of
from traffic.settings import TrafficSettings
from traffic.target.bodies import whole

WITHIN_SECONDS = 10.0
LONGEST = 100
"""Characters of a version or a digest."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the list. None where the server does not tell."""

    name: str
    size: int | None = None
    """Bytes on disk."""
    digest: str | None = None
    makes_vectors: bool = False
    """Whether it is for embeddings, as far as name and family tell."""
    is_elsewhere: bool = False
    """Whether this server has another compute it, as Ollama's cloud does."""


class _Listed(msgspec.Struct):
    name: str
    size: Any = None
    digest: Any = None
    details: Any = None
    remote_host: Any = None
    remote_model: Any = None


class _Tags(msgspec.Struct):
    models: list[_Listed]


class _Version(msgspec.Struct):
    version: str


def models_of(tags: bytes) -> tuple[Model, ...]:
    """The models in an answer of /api/tags. Raises: msgspec.MsgspecError, RecursionError."""
    return tuple(map(_shown, msgspec.json.decode(tags, type=_Tags).models))


def _shown(listed: _Listed) -> Model:
    size = listed.size if isinstance(listed.size, int) else None
    digest = one_line(listed.digest, LONGEST) if isinstance(listed.digest, str) else None
    details = listed.details if isinstance(listed.details, dict) else {}
    makes_vectors = "embed" in listed.name or "bert" in str(details.get("family"))
    is_remote = says_remote(listed.remote_host, listed.remote_model)
    location = location_of(normalise_model(listed.name), is_remote)
    return Model(one_line(listed.name), size, digest, makes_vectors, location is not Location.LOCAL)


def suited(models: Sequence[Model], preset: Preset) -> str | None:
    """The first model that a run of this preset can ask, and that computes here; pure."""
    is_for_vectors = preset == "embeddings"
    fitting = (
        model.name
        for model in models
        if model.makes_vectors == is_for_vectors and not model.is_elsewhere
    )
    return next(fitting, None)


async def facts(
    http: aiohttp.ClientSession,
    settings: TrafficSettings,
    offered: Sequence[Model],
    asked: Sequence[str],
) -> dict[str, str]:
    """What of the server and of the models asked is kept; what it does not tell is not there."""
    version = await _version(http, settings)
    return ({} if version is None else {"version": version}) | digests(offered, asked)


def digests(models: Sequence[Model], asked: Sequence[str]) -> dict[str, str]:
    """The digests of those models that a run asks, each below its name."""
    known = {normalise_model(model.name): model.digest for model in models}
    return {
        f"digest of {name}": digest
        for name in asked
        if (digest := known.get(normalise_model(name)))
    }


async def _version(http: aiohttp.ClientSession, settings: TrafficSettings) -> str | None:
    # a run's own requests choose their way; this one asks for none, except past the gateway
    way: RequestRoute = "gateway" if settings.route == "gateway" else "default"
    url = f"{settings.target_url}{path_of(way, '/api/version')}"
    headers = headers_of(way, settings.ollama_url, uuid4().hex)
    timeout = aiohttp.ClientTimeout(total=WITHIN_SECONDS)
    try:
        async with http.get(url, headers=headers, timeout=timeout, allow_redirects=False) as answer:
            body = await whole(answer)
        if answer.status != HTTPStatus.OK:
            return None
        return one_line(msgspec.json.decode(body, type=_Version).version, LONGEST)
    except (aiohttp.ClientError, OSError, msgspec.MsgspecError, RecursionError):
        return None
