"""A Compose project of a test's own: its name, its ports, and nothing left at its end."""

import contextlib
import json
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testcontainers.compose import DockerCompose

from stack.places import REPOSITORY
from stack.waiting import wait_until
from tests.compose.files import BASE
from tests.compose.images import STAND_IN, TAG, docker, need_images
from tests.ports import free_ports
from tests.prometheus_api import PrometheusApi

WITHIN_SECONDS = 60.0
PORTS = {
    "OLLAMA_PORT": "ollama",
    "ENGINE_PORT": "engine",
    "PROXY_PORT": "proxy",
    "PROXY_CONTROL_PORT": "control",
    "GPU_EXPORTER_PORT": "gpu-exporter",
    "DASHBOARD_PORT": "dashboard",
    "PROMETHEUS_PORT": "prometheus",
    "PORTKEY_PORT": "portkey",
    "TRAFFIC_WORKER_PORT": "traffic",
}


@dataclass
class Project:
    """Containers that belong together; testcontainers brings them up and down."""

    name: str
    compose: DockerCompose
    ports: dict[str, int] = field(default_factory=dict)

    def run(self, *words: str) -> str:
        """What a verb of Compose says. Raises: AssertionError."""
        command = self.compose.docker_compose_command()
        return docker(*command[1:], *words)

    def up(self, *words: str) -> None:
        """Bring up what is missing or different, and wait until it is healthy."""
        self.run("up", "--detach", "--wait", *words)

    def url(self, part: str) -> str:
        """Where a published port answers."""
        return f"http://127.0.0.1:{self.ports[part]}"

    @property
    def prometheus(self) -> PrometheusApi:
        """Its Prometheus."""
        return PrometheusApi(self.url("prometheus"))

    def wait_for(self, expression: str, value: float) -> None:
        """Wait until the next scrapes have brought a query to a value."""
        assert wait_until(
            lambda: self.prometheus.query(expression) == value, WITHIN_SECONDS, 0.2
        ), f"{expression} is {self.prometheus.query(expression)}, expected {value}"

    def targets(self) -> dict[str, list[str]]:
        """How each target of Prometheus is, by job."""
        found: dict[str, list[str]] = {}
        for target in self.prometheus.ask("targets?state=active")["activeTargets"]:
            found.setdefault(target["labels"]["job"], []).append(target["health"])
        return found

    def inspect(self, *services: str) -> list[dict[str, Any]]:
        """Everything about the containers, those that have ended too."""
        ids = self.run("ps", "--all", "--quiet", *services).split()
        return list(json.loads(docker("inspect", *ids))) if ids else []

    def left(self) -> list[str]:
        """What the engine still has of it."""
        label = f"label=com.docker.compose.project={self.name}"
        verbs = (("ps", "--all"), ("network", "ls"), ("volume", "ls"))
        return [
            name for verb in verbs for name in docker(*verb, "--quiet", "--filter", label).split()
        ]


def own_project(
    folder: Path, profiles: Sequence[str] = (), files: Sequence[str] = (BASE,), **variables: str
) -> Project:
    """A project with its images; nothing is started."""
    need_images()
    name = f"observe-test-{secrets.token_hex(4)}"
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    given = {
        "COMPOSE_PROJECT_NAME": name,
        "IMAGE_TAG": TAG,
        "OLLAMA_IMAGE": STAND_IN,
        **{name: str(port) for name, port in ports.items()},
        **variables,
    }
    file = folder / f"{name}.env"
    file.write_text("".join(f"{key}={value}\n" for key, value in given.items()), encoding="utf-8")
    compose = DockerCompose(
        context=REPOSITORY,
        compose_file_name=[str(REPOSITORY / one) for one in files],
        profiles=list(profiles),
        env_file=str(file),
    )
    return Project(name, compose, {PORTS[variable]: port for variable, port in ports.items()})


@contextlib.contextmanager
def running(project: Project) -> Iterator[Project]:
    """Up while the block runs; down at its end, volumes too. What failed to start is shown."""
    try:
        try:
            project.compose.start()
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace")
            raise AssertionError(f"{said}\n{project.run('logs', '--tail', '30')}") from error
        yield project
    finally:
        # whatever profile it came with
        project.run("--profile", "*", "down", "--volumes", "--timeout", "20")
        assert project.left() == []
