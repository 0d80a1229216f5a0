"""Which model is asked where none is named: the first that the server has."""

import aiohttp

from traffic.choices import ANY_MODEL
from traffic.request.client import open_http
from traffic.settings import TrafficSettings, changed
from traffic.target.check import TargetError, check


async def with_model(http: aiohttp.ClientSession, settings: TrafficSettings) -> TrafficSettings:
    """The settings with a model in them; a replay has those of its trace.

    Raises: TargetError where the server cannot be asked, or has none of the kind that is needed.
    """
    if settings.model != ANY_MODEL:
        return settings
    if settings.preset == "replay":
        told = settings.model_dump(exclude_unset=True)
        return type(settings).model_validate({k: v for k, v in told.items() if k != "model"})
    is_for_vectors = settings.preset == "embeddings"
    offered = (await check(http, settings, ())).models
    names = (model.name for model in offered if model.makes_vectors == is_for_vectors)
    name = next(names, None)
    if name is None:
        kind = "makes vectors" if is_for_vectors else "answers questions"
        found = ", ".join(model.name for model in offered) or "no model at all"
        raise TargetError(
            f"TRAFFIC_MODEL (--model): expected {settings.target_url} to have a model that {kind}, "
            f"found {found}"
        )
    return changed(settings, {"model": name})


async def found_out(settings: TrafficSettings) -> TrafficSettings:
    """The same, by a connection of its own. Raises: TargetError."""
    async with open_http(settings) as http:
        return await with_model(http, settings)
