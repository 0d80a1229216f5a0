"""What is to be said where the parts are containers."""

from collections.abc import Iterator

from stack.docker import images
from stack.docker.choice import AMD
from stack.docker.containers import PULL_MODEL
from stack.docker.engine import Engine
from stack.docker.preparing import Prepared, ours, prepare
from stack.errors import StackError, UnfitError
from stack.model_api import ModelApi
from stack.request import Request
from stack.runtime import World
from stack.services.settings import INSIDE
from stack.settings import DEFAULT_OLLAMA_URL
from stack.validating import addresses, folders, gpu, model_api, processes, services, space
from stack.validating.finding import Finding
from stack.validating.world import Where
from stack.wish import wish_of
from stack.wished import wished


def findings(request: Request, where: Where) -> Iterator[Finding]:
    """What Compose would be told, ports, images, room for them, GPUs, services' settings."""
    if where.engine is None:  # what is said of Docker says it all
        return
    try:
        found = ours(request)
        wish = wish_of("start", request.settings)
        prepared = prepare(request, where.engine, found, wish, True)
    except StackError as error:
        yield from _without(request, where, error)
        return
    yield from folders.findings(request)
    yield Finding("model API", True, prepared.choice.model_api)
    yield from _models(request, prepared)
    held = {port for one in found if one.is_running for _, port in one.ports.values()}
    yield from addresses.findings(addresses.of_containers(prepared), held, where.verb)
    yield from _images(prepared, where.engine)
    yield gpu.of_containers(where.engine, gpu.has_driver(), AMD in prepared.choice.files)
    parts = wished(request, wish, prepared.choice.has_engine).parts
    yield from services.findings(request, parts.values(), INSIDE)


def _without(request: Request, where: Where, error: StackError) -> Iterator[Finding]:
    """Why there can be no containers, and what a start does then: as `stack.runtime` has it."""
    is_chosen = where.is_running or request.settings.runtime == "docker"
    if isinstance(error, UnfitError) and not is_chosen:
        yield Finding("containers", None, error.why, error.remedy)
        yield Finding("world", True, "processes of this machine, as containers cannot be that")
        yield from processes.findings(request, Where(World.LOCAL, is_running=False))
        return
    yield from folders.findings(request)
    for line in str(error).splitlines():
        yield Finding("containers", False, line)


def _models(request: Request, prepared: Prepared) -> Iterator[Finding]:
    if "ollama" in prepared.services:
        name = request.settings.model
        how = "fetched when it starts" if PULL_MODEL in prepared.services else "make pull-model"
        yield Finding("model", None, f"{name}, by the Ollama in a container: {how}")
    elif not prepared.choice.has_engine:
        url = request.settings.ollama_url or DEFAULT_OLLAMA_URL
        yield from model_api.models(request, ModelApi(url, False, ""))


def _images(prepared: Prepared, engine: Engine) -> Iterator[Finding]:
    wanted = images.images_of(prepared.config, prepared.services)
    missing = images.missing(prepared.project, wanted)
    names = ", ".join(one.tag for one in missing)
    if missing:
        yield Finding(
            "images", None, f"a start builds or pulls {names}", "make setup, or make images"
        )
    else:
        yield Finding("images", True, "all here")
    yield space.of_images(engine.folder, not missing, "ollama" in prepared.services)
