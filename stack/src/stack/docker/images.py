"""The images of the project: which are missing, how they are had, and all of them as one file."""

import json
import re
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.console import duration, megabytes, step
from stack.docker.compose import Project
from stack.docker.engine import asked, carried_out
from stack.errors import StackError, UnfitError

_UNREACHED = (
    *("no such host", "dial tcp", "connection refused", "i/o timeout", "network is unreachable"),
    *("TLS handshake", "Temporary failure", "context deadline exceeded"),
)
_REASONS = (
    ("|".join(_UNREACHED), "its registry is not reached"),
    ("denied|unauthorized|authentication required", "its registry asks for a login"),
    ("manifest.* unknown|no matching manifest|: not found", "its registry has no such image"),
    ("no space left", "the disk is full"),
    ("No matching distribution|DO NOT MATCH THE HASHES", "pip could not fetch a package"),
)


@dataclass(frozen=True, slots=True)
class Image:
    """An image, the first service that runs it, and whether it is made here."""

    tag: str
    service: str
    is_built: bool


def images_of(configuration: str, services: Iterable[str] | None = None) -> list[Image]:
    """What `docker compose config --format json` says of these services, or of all; pure."""
    known: Mapping[str, Mapping[str, object]] = json.loads(configuration)["services"]
    chosen = known if services is None else [name for name in services if name in known]
    found = dict[str, Image]()
    for name in chosen:
        tag = str(known[name]["image"])
        found.setdefault(tag, Image(tag, name, "build" in known[name]))
    return list(found.values())


def missing(project: Project, images: Iterable[Image]) -> list[Image]:
    """Those that the engine does not have."""
    return [
        image
        for image in images
        if asked(project.environment, "image", "inspect", image.tag, "--format", "{{.Id}}") is None
    ]


def have(project: Project, images: Iterable[Image], log: Path) -> None:
    """Build or pull what is missing. Raises: UnfitError that says why one could not be had."""
    # a pull that cannot be is known at once, a build takes minutes
    for image in sorted(missing(project, images), key=lambda image: image.is_built):
        fetch(project, image, log)


def fetch(project: Project, image: Image, log: Path) -> None:
    """Build or pull one. Raises: UnfitError."""
    step("building" if image.is_built else "pulling", image.tag)
    begun = time.perf_counter()
    words = ("build" if image.is_built else "pull", image.service)
    if sys.stderr.isatty() and not image.is_built:  # gigabytes at times: Docker shows how many
        code, why = project.told(*words), "Docker says why above"
    else:
        code, said = project.logged(log, "--progress", "plain", *words)
        why = f"{reason_in(said)}, see {log}" if code else ""
    if code:
        raise UnfitError(
            f"the image {image.tag} cannot be {'built' if image.is_built else 'pulled'}: {why}"
        )
    step("", f"had after {duration(time.perf_counter() - begun)}")


def reason_in(said: str) -> str:
    """Why Docker failed, in a few words; pure."""
    lines = [line for line in said.splitlines() if line.strip()]
    ending = "\n".join(lines[-40:])
    for pattern, words in _REASONS:
        if re.search(pattern, ending, re.IGNORECASE):
            return words
    return lines[-1].strip()[:200] if lines else "Docker does not say why"


def save(project: Project, images: Iterable[Image], archive: Path) -> None:
    """Write them to one archive. Raises: StackError."""
    listed = list(images)
    lacking = [image.tag for image in missing(project, listed)]
    if lacking:
        raise StackError(f"not here: {', '.join(lacking)}; make images builds and pulls them")
    archive.parent.mkdir(parents=True, exist_ok=True)
    partial = archive.with_name(f"{archive.name}.partial")
    tags = [image.tag for image in listed]
    command = ("docker", "image", "save", "--output", str(partial), *tags)
    code, said = carried_out(command, project.environment)
    if code:
        partial.unlink(missing_ok=True)
        raise StackError(f"cannot write {archive}: {reason_in(said)}")
    partial.replace(archive)
    step("bundle", f"{archive}, {megabytes(archive.stat().st_size)}, {len(tags)} images")
