"""`images`, `bundle`: all images of the stack, for machines without a registry.

`make load` restores them: by Docker alone, where nothing is set up.
"""

from pathlib import Path

from stack.console import complain, say
from stack.docker import engine, images
from stack.docker.choice import BASE, DEMO, ENGINE, OWN
from stack.docker.compose import Project, project_of
from stack.docker.images import Image, images_of
from stack.docker.preparing import log_of, read
from stack.errors import UnfitError
from stack.request import Request

ARCHIVE = Path("dist/ollama-observe-images.tar")
"""From the repository, unless FILE says otherwise."""


def build(request: Request) -> int:
    """Build each of ours anew, and pull those of others that are not here.

    Exit code 1 where one of others could not be had. Raises: UnfitError where ours could not.
    """
    project, listed = everything(request)
    for image in listed:
        if image.is_built:
            images.fetch(project, image, log_of(request))
    lacking = 0
    for image in images.missing(project, [one for one in listed if not one.is_built]):
        try:
            images.fetch(project, image, log_of(request))
        except UnfitError as error:
            lacking += 1
            complain(str(error))
    if lacking:
        complain("without it: COMPOSE_PROFILES=demo needs no Ollama")
    say(f"images: {len(listed) - lacking} of {len(listed)} here")
    return 1 if lacking else 0


def save(request: Request, file: str | None) -> int:
    """Write all images to one archive. Raises: StackError where one is missing."""
    project, listed = everything(request)
    images.save(project, listed, archive_of(request, file))
    return 0


def archive_of(request: Request, file: str | None) -> Path:
    """Where the archive is; a relative path counts from the repository, as make's own do."""
    return request.places.repository / (file or ARCHIVE)


def everything(request: Request) -> tuple[Project, list[Image]]:
    """The project with all its profiles, or those of COMPOSE_PROFILES, and its images."""
    engine.look(request.variables)
    project = project_of(request)
    profiles = request.variables.get("COMPOSE_PROFILES") or "*"
    own = [OWN] if (project.folder / OWN).is_file() else []
    files = request.variables.get("COMPOSE_FILE") or ":".join([BASE, *own])
    told = {"COMPOSE_PROFILES": profiles, "COMPOSE_FILE": files}
    if {DEMO, ENGINE} & set(profiles.split(",")):
        told["OLLAMA"] = "off"
    project = project.with_variables(told)
    return project, images_of(read(project))
