#!/usr/bin/env python3
"""What `docker compose config --format json` says, as a file for `docker stack deploy`.

    docker compose -f compose.yaml -f compose.swarm.yaml config --format json \
      | python3 scripts/swarm.py | docker stack deploy --compose-file - ollama-observe

Swarm reads an older form of Compose's language. What it takes stays; what it says otherwise is
said otherwise; what it cannot do is named on standard error. Files of the checkout travel as
configs, so that they need not lie on every machine.
"""

import hashlib
import ipaddress
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

Document = dict[str, Any]

TAKEN = (
    *("image", "command", "entrypoint", "environment", "healthcheck", "init", "labels", "logging"),
    *("cap_add", "cap_drop", "extra_hosts", "hostname", "read_only", "stop_grace_period"),
    *("stop_signal", "sysctls", "ulimits", "user", "working_dir"),
)
"""Keys of a service that mean the same to both."""

MOOT = frozenset({"build", "depends_on", "profiles", "pull_policy"})
"""Keys that are done with: images are there, and each service waits for the others by itself."""

_SAID_OTHERWISE = frozenset(
    {"deploy", "mem_limit", "networks", "pids_limit", "ports", "restart", "tmpfs", "volumes"}
)
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


@dataclass
class Stack:
    """A stack file in the making.

    `checkout` is the folder whose files travel. `unpublished` are ports that stay inside, and
    `lost` are the keys that Swarm does not have, with the services that have them.
    """

    checkout: Path
    configs: Document = field(default_factory=dict)
    unpublished: list[str] = field(default_factory=list)
    lost: dict[str, list[str]] = field(default_factory=dict)

    def of(self, composed: Document) -> Document:
        """The whole file."""
        services = {
            name: self.service(name, said)
            for name, said in composed["services"].items()
            if (said.get("deploy") or {}).get("replicas") != 0
        }
        return {
            "version": "3.13",
            "services": services,
            "networks": {name: {"driver": "overlay"} for name in composed.get("networks", {})},
            "volumes": {name: {} for name in composed.get("volumes", {})},
            "configs": self.configs,
        }

    def notes(self) -> Iterator[str]:
        """What is otherwise than under Compose, a sentence each."""
        if self.unpublished:
            yield (
                f"not published: {', '.join(self.unpublished)}. Swarm publishes on every address "
                "of a machine, and these are told to be on loopback alone"
            )
        for key, services in self.lost.items():
            yield f"Swarm has no {key}; without it: {', '.join(services)}"

    def service(self, name: str, said: Document) -> Document:
        """One service."""
        told = {key: said[key] for key in TAKEN if said.get(key) is not None}
        volumes, configs = self._volumes(said.get("volumes", ()))
        told |= {
            "deploy": _deploy(said),
            "networks": said.get("networks", {}),
            "ports": list(self._ports(name, said.get("ports", ()))),
            "volumes": [*volumes, *map(_tmpfs, said.get("tmpfs", ()))],
            "configs": configs,
        }
        for key in sorted(said.keys() - {*TAKEN, *MOOT, *_SAID_OTHERWISE}):
            if said[key]:
                self.lost.setdefault(key, []).append(name)
        return {key: value for key, value in told.items() if value or value is False}

    def _ports(self, name: str, ports: Iterable[Document]) -> Iterator[Document]:
        """Swarm publishes on every address of a machine: what is for loopback stays inside.

        On the machine's own ports, not by the routing mesh, which needs IPVS and forgets
        connections that are silent for a quarter of an hour, as one that waits for a model is.
        """
        for port in ports:
            address = port.get("host_ip") or "0.0.0.0"
            if ipaddress.ip_address(address).is_loopback:
                self.unpublished.append(f"{name}:{port['target']}")
            else:
                yield {
                    "target": port["target"],
                    "published": int(port["published"]),
                    "protocol": port["protocol"],
                    "mode": "host",
                }

    def _volumes(self, volumes: Iterable[Document]) -> tuple[list[Document], list[Document]]:
        """What stays a mount, and what travels."""
        mounts, configs = [], []
        for volume in volumes:
            source = Path(volume["source"])
            if volume["type"] != "bind" or not source.is_relative_to(self.checkout):
                taken = ("type", "source", "target", "read_only")
                mounts.append({key: volume[key] for key in taken if key in volume})
                continue
            for path in _files(source):
                inside = PurePosixPath(volume["target"]) / path.relative_to(source)
                configs.append(self._config(path, str(inside)))
        return mounts, configs

    def _config(self, path: Path, target: str) -> Document:
        """A config never changes, so that its name holds what is in it."""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        name = f"{path.stem}-{digest[:12]}"
        self.configs[name] = {"file": str(path)}
        return {"source": name, "target": target, "mode": 0o444}


def _files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    return sorted(path for path in source.rglob("*") if path.is_file())


def _deploy(said: Document) -> Document:
    """What Swarm wants to be told of restarts, limits and names.

    A name is all addresses behind it: `front` and Prometheus look for each.
    """
    told = dict(said.get("deploy") or {})
    is_service = said.get("restart", "no") in ("always", "unless-stopped")
    if not is_service:
        # begun before what it needs is there: it is tried until it has done its work
        told.setdefault("mode", "replicated-job")
    condition = "any" if is_service else "on-failure"
    told.setdefault("restart_policy", {"condition": condition, "delay": "5s"})
    limits: Document = {}
    if "mem_limit" in said:
        limits["memory"] = str(said["mem_limit"])
    if "pids_limit" in said:
        limits["pids"] = said["pids_limit"]
    resources = dict(told.get("resources") or {})
    told["resources"] = resources | {"limits": limits | dict(resources.get("limits") or {})}
    told.setdefault("endpoint_mode", "dnsrr")
    return told


def _tmpfs(said: str) -> Document:
    target, _, options = said.partition(":")
    told: Document = {"type": "tmpfs", "target": target}
    for option in options.split(","):
        key, _, value = option.partition("=")
        if key == "size":
            told["tmpfs"] = {"size": _bytes(value)}
    return told


def _bytes(size: str) -> int:
    number, unit = (size[:-1], size[-1]) if size[-1].lower() in _UNITS else (size, "")
    return int(number) * _UNITS.get(unit.lower(), 1)


def main() -> None:
    """From standard input to standard output."""
    stack = Stack(Path(__file__).resolve().parents[1])
    try:
        composed = json.load(sys.stdin)
    except json.JSONDecodeError as error:
        sys.exit(f"expected what `docker compose config --format json` says, found: {error}")
    json.dump(stack.of(composed), sys.stdout, indent=2)
    for note in stack.notes():
        print(note, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
