"""A `docker` for tests: it says what it was told to say, and notes what it was asked."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack.places import REPOSITORY
from stack.request import Request, read_request

_TOLD = ("COMPOSE_FILE", "COMPOSE_PROFILES", "OLLAMA", "OLLAMA_URL", "PROXY_ENABLE_PORTKEY")

# a shell begins in a millisecond, where Python takes thirty
_PROGRAM = """#!/bin/sh
cd {folder}
{{ printf '%s' "$*"; env | grep -E '^({told})=' | while read -r line; do
  printf '\\t%s' "$line"
done; printf '\\n'; }} >>asked
for answer in answers/*; do
  IFS= read -r part <"$answer/part"
  case "$*" in *"$part"*)
    cat "$answer/said"
    cat "$answer/complaint" >&2
    read -r code <"$answer/code"
    exit "$code" ;;
  esac
done
echo "nobody told this docker of: $*" >&2
exit 125
"""

INFO = {
    "ServerVersion": "28.5.2",
    "OperatingSystem": "Debian GNU/Linux 12",
    "Runtimes": {"runc": {}},
    "ClientInfo": {"Plugins": [{"Name": "compose", "Version": "2.40.3"}]},
}


@dataclass
class Docker:
    """One that lies first on the PATH of `environment`. The answer told last wins."""

    folder: Path

    def __post_init__(self) -> None:
        program = self.folder / "docker"
        program.write_text(_PROGRAM.format(folder=self.folder, told="|".join(_TOLD)))
        program.chmod(0o755)
        (self.folder / "answers").mkdir()

    def answers(self, part: str, said: str = "", code: int = 0, complaint: str = "") -> None:
        """What a command with these words in it prints and exits with."""
        known = len(list((self.folder / "answers").iterdir()))
        answer = self.folder / "answers" / f"{9999 - known}"
        answer.mkdir()
        (answer / "part").write_text(f"{part}\n")
        (answer / "code").write_text(f"{code}\n")
        (answer / "said").write_text(f"{said}\n" if said else "")
        (answer / "complaint").write_text(f"{complaint}\n" if complaint else "")

    def has_engine(self, **info: Any) -> None:
        """An engine of this machine answers, with Compose, and without containers."""
        self.answers("context inspect", "unix:///var/run/docker.sock")
        self.answers("info", json.dumps(INFO | info))
        self.answers("network inspect", "127.0.0.1 ")
        self.answers("ps --all", "")

    def asked(self) -> list[str]:
        """Every command, in order."""
        return [words for words, _ in self._asked()]

    def told(self, part: str) -> dict[str, str]:
        """What Compose was given by the environment of the first such command."""
        return next(told for words, told in self._asked() if part in words)

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which this one is found."""
        return {"PATH": f"{self.folder}:{os.defpath}"}

    def _asked(self) -> list[tuple[str, dict[str, str]]]:
        path = self.folder / "asked"
        lines = path.read_text().splitlines() if path.exists() else []
        found = [line.split("\t") for line in lines]
        return [(words, dict(one.split("=", 1) for one in told)) for words, *told in found]


def said_of(service: str, folder: Path, **more: Any) -> str:
    """What `docker compose ps` says of a healthy container, as one line."""
    ports = {
        "front": [(11435, 21435), (8001, 28001)],
        "prometheus": [(9090, 29090)],
        "dashboard": [(3001, 23001)],
        "portkey": [(8787, 28787)],
        "traffic": [(8002, 28002)],
        "engine": [(11434, 21434)],
        "ollama": [(11434, 21434)],
        "gpu-exporter": [(8000, 28000)],
    }.get(service, [])
    said = {
        "Name": f"observe-{service}-1",
        "Service": service,
        "State": "running",
        "Health": "healthy",
        "ExitCode": 0,
        "Status": "Up 2 minutes (healthy)",
        "Labels": f"a.b=c,com.docker.compose.project.working_dir={folder}",
        "Publishers": [
            {"URL": "127.0.0.1", "TargetPort": inside, "PublishedPort": outside}
            for inside, outside in ports
        ],
    }
    return json.dumps(said | more)


def checkout(folder: Path) -> Path:
    """What the verbs read of a checkout, without an operator's `.env`."""
    for name in ("prometheus", "portkey", "docker/variables"):
        shutil.copytree(REPOSITORY / name, folder / name)
    for path in REPOSITORY.glob("compose*.yaml"):
        shutil.copy(path, folder)
    return folder


CONFIG = {
    name: {"image": f"ollama-observe/{name}:0.1.0", "build": {"target": name}}
    for name in ("proxy", "front", "gpu-exporter", "dashboard")
} | {
    "ollama": {"image": "ollama/ollama:0.33.0"},
    "pull-model": {"image": "ollama/ollama:0.33.0"},
    "prometheus": {"image": "prom/prometheus:v3.5.3"},
}


def config_of(**more: dict[str, Any]) -> str:
    """What `docker compose config` says of the default services, and of more."""
    return json.dumps({"services": CONFIG | more})


@dataclass
class World:
    """A checkout, its engine, and the requests of its verbs."""

    docker: Docker
    folder: Path

    def request(self, **variables: str) -> Request:
        state = {"STACK_STATE_DIR": str(self.folder / "state"), "COMPOSE_PROFILES": "demo"}
        return read_request({**self.docker.environment, **state, **variables}, self.folder)

    def runs(self, *services: str) -> None:
        """From now on these containers are there, and healthy."""
        lines = [said_of(service, self.folder) for service in services]
        self.docker.answers("ps --all", "\n".join(lines))


def world_at(folder: Path) -> World:
    """An engine that has every image, and a checkout of which nothing runs."""
    (folder / "bin").mkdir()
    docker = Docker(folder / "bin")
    docker.has_engine()
    docker.answers("config --format json", config_of())
    docker.answers("image inspect", "sha256:1")
    docker.answers(" up --detach")
    docker.answers(" down ")
    return World(docker, checkout(folder / "checkout"))
