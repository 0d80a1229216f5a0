"""The containers of the project as they are now, and the parts that they make up."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack.docker.compose import Project
from stack.docker.engine import why_silent
from stack.parts import Address, Part
from stack.plan import Plan

PART_OF = {"front": "proxy", "gpu-exporter-demo": "gpu-exporter"}
"""Services that are known by another part's name: its ports are theirs, or they stand in for it."""

PULL_MODEL = "pull-model"

ONE_SHOTS = (PULL_MODEL, "model")
"""Services that have done their work when they end, or have none: nobody waits for them here."""

_PORTS = (
    ("engine", 11434, "ENGINE_PORT", "", "/-/ready"),
    ("ollama", 11434, "OLLAMA_PORT", "", "/api/version"),
    ("portkey", 8787, "PORTKEY_PORT", "", "/"),
    ("proxy", 11435, "PROXY_PORT", "", ""),
    ("proxy", 8001, "PROXY_CONTROL_PORT", "/metrics", "/ready"),
    ("gpu-exporter", 8000, "GPU_EXPORTER_PORT", "/metrics", "/ready"),
    ("traffic", 8002, "TRAFFIC_WORKER_PORT", "/metrics", "/ready"),
    ("prometheus", 9090, "PROMETHEUS_PORT", "", "/-/ready"),
    ("dashboard", 3001, "DASHBOARD_PORT", "", "/ready"),
    ("grafana", 3000, "GRAFANA_PORT", "", "/api/health"),
)
"""Part, port in its container, variable that moves the published one, page, path of readiness."""


# labels come as one text, and a folder's name may have a comma
_FOLDER = re.compile(r"(?:^|,)com\.docker\.compose\.project\.working_dir=(.*?)(?=,[\w./-]+=|$)")


@dataclass(frozen=True, slots=True)
class Container:
    """One container. `ports` are published ones by those inside: where, and which.

    `folder` is the one that it was started from, empty where that is not known; `is_run` is one of
    `docker compose run`, which ends by itself: no container of the service.
    """

    name: str
    service: str
    state: str
    health: str
    exit_code: int
    status: str
    ports: Mapping[int, tuple[str, int]]
    folder: Path
    is_run: bool = False

    @property
    def part(self) -> str:
        """The part that it belongs to."""
        return PART_OF.get(self.service, self.service)

    @property
    def is_done(self) -> bool:
        """Whether it had one thing to do, and did it."""
        return self.service in ONE_SHOTS and self.state == "exited" and self.exit_code == 0

    @property
    def is_running(self) -> bool:
        """Whether its process is there."""
        return self.state in ("running", "restarting", "paused")

    @property
    def is_lasting(self) -> bool:
        """Whether it runs, and not for one command of somebody's alone."""
        return self.is_running and not self.is_run


def containers(project: Project) -> list[Container]:
    """All of the project, also those that have ended. Raises: StackError."""
    said = project.asked("ps", "--all", "--format", "json")
    if said is None:
        raise why_silent(project.environment)
    return parsed(said)


def parts_of(found: Iterable[Container]) -> set[str]:
    """The parts that run; pure."""
    return {one.part for one in found if one.is_lasting}


def several(found: Iterable[Container]) -> dict[str, int]:
    """Services of which more than one container runs, and how many; pure."""
    counts = Counter(one.service for one in found if one.is_lasting)
    return {service: count for service, count in counts.items() if count > 1}


def parsed(said: str) -> list[Container]:
    """What `docker compose ps` printed: JSON, a line or an item each; pure."""
    text = said.strip()
    documents = json.loads(text) if text.startswith("[") else map(json.loads, text.splitlines())
    return [_container(document) for document in documents]


def _container(said: Mapping[str, Any]) -> Container:
    labels = str(said.get("Labels", ""))
    folder = _FOLDER.search(labels)
    return Container(
        name=said["Name"],
        service=said["Service"],
        state=said["State"],
        health=said.get("Health", ""),
        exit_code=said.get("ExitCode", 0),
        status=said.get("Status", ""),
        ports={
            port["TargetPort"]: (port["URL"], port["PublishedPort"])
            for port in reversed(said.get("Publishers") or ())
            if port["PublishedPort"]
        },
        folder=Path(folder[1] if folder else ""),
        is_run="com.docker.compose.oneoff=True" in labels,
    )


def address_of(service: str, inside: int, host: str, port: int) -> Address:
    """A published port as an address: with the variable that moves it, where it is one of ours."""
    part = PART_OF.get(service, service)
    known = {(name, number): (variable, page) for name, number, variable, page, _ in _PORTS}
    variable, page = known.get((part, inside), ("", ""))
    return Address(part, host, port, variable, page)


def plan_of(found: Iterable[Container]) -> Plan:
    """What runs, as the verbs that ask it over HTTP want it: the published addresses; pure."""
    running = [one for one in found if one.is_running]
    parts = dict[str, Part]()
    for name, port, _, _, ready in _PORTS:
        where = next((c.ports[port] for c in running if c.part == name and port in c.ports), None)
        if where is None:
            continue
        address = address_of(name, port, *where)
        before = parts[name].addresses if name in parts else ()
        parts[name] = Part(name, (), (*before, address), f"{address.url}{ready}", 0, 0)
    services = {one.service for one in running}
    api = next((f"http://{name}:11434" for name in ("ollama", "engine") if name in services), "")
    gateway = parts["portkey"].addresses[0].url if {"portkey", "proxy"} <= parts.keys() else None
    return Plan(tuple(parts.values()), api_url=api, gateway=gateway)
