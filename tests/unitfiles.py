"""Units of every part as `install-service` writes them, and a service manager for tests."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stack.alertmanager.part import alertmanager_part
from stack.dashboard.part import dashboard_part
from stack.parts import (
    Part,
    engine_part,
    gpu_exporter_part,
    portkey_part,
    prometheus_part,
    proxy_part,
)
from stack.plan import Plan
from stack.request import Request, read_request
from stack.traffic.part import traffic_part
from stack.units.folders import UnitPlaces, unit_places
from stack.units.manager import Manager
from stack.units.service import Service

OLLAMA = "http://127.0.0.1:11434"
PROGRAM = Path("/bin/sh")
"""A program that every machine has, in place of those that a unit starts."""


def every_part(request: Request, places: UnitPlaces) -> list[Part]:
    """The parts of a stack that has all of them; nothing is fetched."""
    settings = request.settings
    proxy = proxy_part(settings, OLLAMA)
    return [
        engine_part(settings, places),
        portkey_part(settings, places, PROGRAM, OLLAMA),
        proxy,
        gpu_exporter_part(settings, OLLAMA, proxy.addresses[1], places.models),
        traffic_part(settings, [proxy]),
        alertmanager_part(settings, places, PROGRAM, places.run / "alertmanager.yml"),
        prometheus_part(settings, places, PROGRAM, places.run / "prometheus.yml"),
        dashboard_part(settings, [proxy], places.repository),
    ]


@dataclass
class Systemctl:
    """Stands in for systemctl: remembers what it was asked, answers from `replies` by the verb."""

    replies: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)

    def __call__(self, words: Sequence[str], _: float) -> "subprocess.CompletedProcess[str]":
        self.asked.append(list(words))
        verb = next((word for word in words[1:] if not word.startswith("-")), "")
        code, text = self.replies.get(verb, (0, ""))
        return subprocess.CompletedProcess(list(words), code, text, text if code else "")

    def verbs(self) -> list[str]:
        """What was asked of systemctl but to show something."""
        words = (
            [word for word in call[1:] if not word.startswith("--")]
            for call in self.asked
            if call[0] == "systemctl"
        )
        return [found[0] for found in words if found[0] != "show"]


def a_service(folder: Path, systemctl: Systemctl, **variables: str) -> Service:
    """A user's service whose checkout, units and state are in a folder of the test's."""
    request = read_request(variables, folder)
    manager = Manager(False, folder / "units", systemctl)
    return Service(manager, request, unit_places(request.places, is_system=False))


def a_plan(service: Service) -> Plan:
    """All parts of such a service."""
    return Plan(parts=tuple(every_part(service.request, service.places)))
