"""A Swarm of one machine, and the stack deployed on it as the document tells."""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from stack.places import REPOSITORY
from stack.waiting import wait_until
from tests.compose.images import docker
from tests.compose.projects import WITHIN_SECONDS, Project

LABELS = ("models=here", "metrics=here")
DEPLOYED_SECONDS = 180.0


def need_the_engine_alone() -> None:
    """Skip where somebody's containers would be harmed.

    An engine that leaves a Swarm forgets the names of all containers that run.
    """
    if not _is_swarm() and docker("ps", "--quiet"):
        pytest.skip("needs an engine without other containers: it is made a Swarm for a while")


@contextlib.contextmanager
def swarm() -> Iterator[None]:
    """The engine is a manager with our labels. One that was none before is none after."""
    was_one = _is_swarm()
    if not was_one:
        docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1")
    node = docker("info", "--format", "{{.Swarm.NodeID}}").strip()
    added = [word for label in LABELS for word in ("--label-add", label)]
    docker("node", "update", *added, node)
    try:
        yield
    finally:
        # what runs now is somebody else's, begun meanwhile: then it stays one
        if not was_one and not docker("ps", "--quiet"):
            docker("swarm", "leave", "--force")


def _is_swarm() -> bool:
    return docker("info", "--format", "{{.Swarm.LocalNodeState}}").strip() == "active"


@contextlib.contextmanager
def deployed(project: Project) -> Iterator[str]:
    """What scripts/swarm.py said on its way; the stack runs as a whole in the block."""
    file, notes = converted(project.run("config", "--format", "json"))
    with swarm():
        try:
            deploy(project.name, file)
            assert wait_until(lambda: is_whole(project.name), DEPLOYED_SECONDS, 1), docker(
                "stack", "ps", "--no-trunc", project.name
            )
            yield notes
        finally:
            docker("stack", "rm", project.name)
            assert wait_until(lambda: left(project.name) == [], WITHIN_SECONDS, 0.5)
            for volume in owned(project.name, "volume", "ls"):
                docker("volume", "rm", volume)


def converted(composed: str) -> tuple[str, str]:
    """The stack file, and what was said about it."""
    done = subprocess.run(
        ["python3", "scripts/swarm.py"],
        cwd=REPOSITORY,
        input=composed,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, done.stderr


def deploy(name: str, file: str) -> None:
    """Have Swarm run it. No registry is asked: the images are here."""
    command = ["docker", "stack", "deploy", "--detach=true", "--resolve-image", "never"]
    subprocess.run([*command, "--compose-file", "-", name], input=file, text=True, check=True)


def is_whole(name: str) -> bool:
    """Whether as much runs as is to run, and what runs once has done its work."""
    lines = docker("stack", "services", "--format", "{{.Replicas}}", name).splitlines()
    # 0/1 (1/1 completed)
    return bool(lines) and all(
        "completed" in line or line.partition("/")[0] == line.partition("/")[2].split()[0]
        for line in lines
    )


def owned(name: str, *kind: str) -> list[str]:
    """What the engine has of a stack."""
    label = f"label=com.docker.stack.namespace={name}"
    return docker(*kind, "--quiet", "--filter", label).split()


def left(name: str) -> list[str]:
    """Its containers and networks that are still there."""
    return owned(name, "ps", "--all") + owned(name, "network", "ls")


def container_of(name: str, service: str) -> dict[str, Any]:
    """What the engine says of one container of a service."""
    label = f"label=com.docker.swarm.service.name={name}_{service}"
    (first, *_) = docker("ps", "--quiet", "--filter", label).split()
    found: list[dict[str, Any]] = json.loads(docker("inspect", first))
    return found[0]
