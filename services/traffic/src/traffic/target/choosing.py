"""Which model is asked where none is named: the first that the server has."""

import aiohttp

from traffic.choices import ANY_MODEL
from traffic.request.client import open_http
from traffic.settings import TrafficSettings, changed
from traffic.target.check import TargetError, check
from traffic.target.server import suited

_KINDS = (("answers questions", "smollm2:135m"), ("makes vectors", "all-minilm:22m"))
"""What a model has to do, and a small one that does: by whether vectors are asked for."""


async def with_model(http: aiohttp.ClientSession, settings: TrafficSettings) -> TrafficSettings:
    """The settings with a model in them; a replay has those of its trace.

    Raises: TargetError where the server cannot be asked, or has none of the kind that is needed.
    """
    if settings.model != ANY_MODEL:
        return settings
    if settings.preset == "replay":
        told = settings.model_dump(exclude_unset=True)
        return type(settings).model_validate({k: v for k, v in told.items() if k != "model"})
    offered = (await check(http, settings, ())).models
    name = suited(offered, settings.preset)
    if name is None:
        kind, example = _KINDS[settings.preset == "embeddings"]
        found = ", ".join(model.name for model in offered) or "no model at all"
        raise TargetError(
            f"TRAFFIC_MODEL (--model): expected {settings.target_url} to have a model that {kind}, "
            f"found {found}; make pull-model MODEL={example} fetches a small one"
        )
    return changed(settings, {"model": name})


async def found_out(settings: TrafficSettings) -> TrafficSettings:
    """The same, by a connection of its own. Raises: TargetError."""
    async with open_http(settings) as http:
        return await with_model(http, settings)
