#!/usr/bin/env python3
"""What `docker compose config --format json` says, as a file for `docker stack deploy`.

    docker compose -f compose.yaml -f compose.swarm.yaml config --format json \
      | python3 scripts/swarm.py \
      | docker stack deploy --resolve-image never --compose-file - ollama-observe

Swarm reads an older form of Compose's language. What it takes stays; what it says otherwise is
said otherwise; what is not carried over is named on standard error, and what would be something
else is refused. Files of the checkout travel as configs: they need not lie on every machine.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
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
_EVERY_ADDRESS = ("", "0.0.0.0", "::")
_OF_VOLUME = ("name", "driver", "driver_opts", "labels")
_OF_NETWORK = ("name", "ipam", "internal", "attachable", "labels")
_OF_MOUNT = ("type", "source", "target", "read_only", "consistency")
_OF_KIND = {"bind": ("propagation",), "volume": ("nocopy", "subpath"), "tmpfs": ("size",)}
"""What a mount says of its own kind."""

_OF_RESERVATION = ("cpus", "memory", "generic_resources")

_OF_COURSE = {"create_host_path"}
"""What need not be said: Swarm refuses a folder that is not there."""


class RefusedError(Exception):
    """What Swarm would do otherwise than it is said; the message is a sentence."""


@dataclass
class Stack:
    """A stack file in the making.

    `checkout` is the folder whose files travel. `unpublished` are ports that stay inside, and
    `lost` is what Swarm does not have, with who had it.
    """

    checkout: Path
    configs: Document = field(default_factory=dict)
    unpublished: list[str] = field(default_factory=list)
    lost: dict[str, list[str]] = field(default_factory=dict)

    def of(self, composed: Document) -> Document:
        """The whole file. Raises: RefusedError."""
        services = {
            name: self.service(name, said)
            for name, said in composed["services"].items()
            if (said.get("deploy") or {}).get("replicas") != 0
        }
        return {
            "version": "3.13",
            "services": services,
            "networks": self._shared(composed, "networks"),
            "volumes": self._shared(composed, "volumes"),
            "configs": self.configs,
        }

    def notes(self) -> Iterator[str]:
        """What is otherwise than under Compose, a sentence each."""
        if self.unpublished:
            yield (
                f"not published: {', '.join(self.unpublished)}. Swarm publishes on every address "
                "of a machine, and these are told to be on one: 0.0.0.0 publishes them"
            )
        for what, who in self.lost.items():
            yield f"not carried over, which Swarm does not have: {what} ({', '.join(who)})"

    def service(self, name: str, said: Document) -> Document:
        """One service. Raises: RefusedError."""
        told = {key: said[key] for key in TAKEN if said.get(key) is not None}
        volumes, configs = self._volumes(name, said.get("volumes", ()))
        told |= {
            "deploy": self._deploy(name, said),
            "networks": {
                network: self._kept(f"{name} in {network}", one or {}, ("aliases",))
                for network, one in (said.get("networks") or {}).items()
            },
            "ports": list(self._ports(name, said.get("ports", ()))),
            "volumes": [*volumes, *(self._tmpfs(name, one) for one in said.get("tmpfs", ()))],
            "configs": configs,
        }
        self._kept(name, said, (*TAKEN, *MOOT, *_SAID_OTHERWISE))
        return {key: value for key, value in told.items() if value or value is False}

    def _kept(self, who: str, said: Mapping[str, Any], taken: Iterable[str]) -> Document:
        """What both know; the rest is lost, and is not lost silently."""
        taken = tuple(taken)
        for key in sorted(said.keys() - {*taken, *_OF_COURSE}):
            if said[key]:
                self.lost.setdefault(key, []).append(who)
        return {key: said[key] for key in taken if said.get(key)}

    def _shared(self, composed: Document, kind: str) -> Document:
        """The volumes, or the networks: those of Compose's own names have Swarm's."""
        found: Document = {}
        for key, said in composed.get(kind, {}).items():
            is_own = said.get("name") == f"{composed.get('name')}_{key}"
            named = {name: said[name] for name in said if name != "name" or not is_own}
            if said.get("external"):
                found[key] = {"name": said.get("name", key), "external": True}
            elif kind == "volumes":
                found[key] = self._kept(f"volume {key}", named, _OF_VOLUME)
            else:
                if named.get("driver") == "bridge":
                    del named["driver"]  # that of one machine
                kept = self._kept(f"network {key}", named, _OF_NETWORK)
                found[key] = kept | {"driver": "overlay"}
        return found

    def _ports(self, name: str, ports: Iterable[Document]) -> Iterator[Document]:
        """Swarm publishes on every address of a machine: what is for one of them stays inside.

        On the machine's own ports, not by the routing mesh, which needs IPVS and forgets
        connections that are silent for a quarter of an hour, as one that waits for a model is.
        """
        for port in ports:
            published = str(port.get("published", "")) or None
            if published is not None and not published.isdecimal():
                raise RefusedError(
                    f"{name}: expected one published port for {port['target']}, found "
                    f"{published}: Swarm chooses none of several"
                )
            if port.get("host_ip", "") not in _EVERY_ADDRESS:
                self.unpublished.append(f"{name}:{port['target']}")
                continue
            told = self._kept(
                f"port {name}:{port['target']}",
                {key: port[key] for key in port if key not in ("host_ip", "mode", "published")},
                ("target", "protocol"),
            )
            yield told | ({"published": int(published)} if published else {}) | {"mode": "host"}

    def _volumes(
        self, name: str, volumes: Iterable[Document]
    ) -> tuple[list[Document], list[Document]]:
        """What stays a mount, and what travels."""
        mounts, configs = [], []
        for volume in volumes:
            source = Path(volume.get("source", ""))
            if volume["type"] != "bind" or not source.is_relative_to(self.checkout):
                mounts.append(self._mount(name, volume))
                continue
            for path in _files(source):
                inside = PurePosixPath(volume["target"]) / path.relative_to(source)
                configs.append(self._config(path, str(inside)))
        return mounts, configs

    def _mount(self, name: str, volume: Document) -> Document:
        kind, who = volume["type"], f"{name}:{volume['target']}"
        if kind not in _OF_KIND:
            raise RefusedError(f"{who}: expected bind, volume or tmpfs, found {kind}")
        own = self._kept(who, volume.get(kind) or {}, _OF_KIND[kind])
        if "size" in own:
            own["size"] = _bytes(str(own["size"]))
        rest = {key: volume[key] for key in volume if key != kind}
        return self._kept(who, rest, _OF_MOUNT) | ({kind: own} if own else {})

    def _tmpfs(self, name: str, said: str) -> Document:
        target, _, options = said.partition(":")
        own: Document = {}
        for option in filter(None, options.split(",")):
            key, _, value = option.partition("=")
            # as Swarm has it anyhow
            if option != "mode=1777":
                own[key] = value or True
        return self._mount(name, {"type": "tmpfs", "target": target, "tmpfs": own})

    def _deploy(self, name: str, said: Document) -> Document:
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
        told["resources"] = self._resources(name, said, told.get("resources") or {})
        told.setdefault("endpoint_mode", "dnsrr")
        return told

    def _resources(self, name: str, said: Document, told: Document) -> Document:
        """Limits, and what is reserved: Swarm knows no cards by driver and count."""
        limits: Document = {}
        if "mem_limit" in said:
            limits["memory"] = str(said["mem_limit"])
        if "pids_limit" in said:
            limits["pids"] = said["pids_limit"]
        reserved = self._kept(name, told.get("reservations") or {}, _OF_RESERVATION)
        found = {"limits": limits | dict(told.get("limits") or {}), "reservations": reserved}
        return {key: value for key, value in found.items() if value}

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
    try:
        told = stack.of(composed)
    except RefusedError as error:
        sys.exit(str(error))
    json.dump(told, sys.stdout, indent=2)
    for note in stack.notes():
        print(note, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
