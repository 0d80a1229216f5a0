"""Lists that documents keep by hand have what there is, and nothing else."""

import re
from pathlib import Path

import yaml

from stack.places import REPOSITORY
from stack.settings import StackSettings
from tests.commands import documents, name
from tests.tables import rows

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
DOCKER = (REPOSITORY / "docs/DOCKER.md").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((REPOSITORY / "compose.yaml").read_text(encoding="utf-8"))
LINKS = re.compile(r"\]\(([^)#]+\.md)\)")
LONGEST_LINE = 120
PORTS = {
    "services/proxy": ("proxy_port", "proxy_control_port"),
    "services/engine": ("engine_port",),
    "services/gpu-exporter": ("gpu_exporter_port",),
    "services/dashboard": ("dashboard_port",),
    "services/traffic": ("traffic_worker_port",),
    "portkey": ("portkey_port", "proxy_return_leg_port"),
    "prometheus": ("prometheus_port", "alertmanager_port"),
    "grafana": ("grafana_port",),
}
"""Rooms, and the settings that say where their parts listen."""


def section(text: str, title: str) -> str:
    """What stands below a heading."""
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_readme_s_table_has_each_document_once() -> None:
    linked = LINKS.findall("".join(row[0] for row in rows(section(README, "Documents"))))
    assert sorted(linked) == sorted(f"docs/{path.name}" for path in REPOSITORY.glob("docs/*.md"))


def test_the_readme_s_table_has_each_room_once() -> None:
    linked = LINKS.findall("".join(row[0] for row in rows(section(README, "The rooms"))))
    below = ("README.md", "questions/pairs/README.md")
    rooms = [name(path) for path in documents() if path.name == "README.md"]
    linked = [link for link in linked if link.endswith("README.md")]  # some are told in docs
    assert sorted(linked) == sorted(room for room in rooms if room not in below)


def test_a_room_s_ports_are_those_that_are_set() -> None:
    fields = StackSettings.model_fields
    for room, _, *told in rows(section(README, "The rooms")):
        path = Path(LINKS.findall(room)[0]).parent.as_posix()
        ports = [str(fields[setting].default) for setting in PORTS.get(path, ())]
        assert [port for port in " ".join(told).strip().split(", ") if port] == ports, path


def test_the_readme_is_wrapped() -> None:
    lines = [line for line in README.splitlines() if not line.startswith("|")]
    assert [line for line in lines if len(line) > LONGEST_LINE] == []


def test_each_profile_is_told_with_the_command_that_has_it() -> None:
    named = [name for one in COMPOSE["services"].values() for name in one.get("profiles", ())]
    # `${OLLAMA:-stress}` is the profile, unless Ollama was told to go
    profiles = {re.sub(r"^\$\{\w+:?-(.*)\}$", r"\1", name) for name in named}
    told = {
        row[0].strip("`"): row[2]
        for row in rows(section(DOCKER, "What runs"))
        if "--profile" in row[-1]
    }
    assert set(told) == {profile for profile in profiles if profile and profile != "ollama"}
    for profile, command in told.items():
        assert command == f"`docker compose --profile {profile} up -d --wait`"


def test_each_override_is_told() -> None:
    there = {path.name for path in REPOSITORY.glob("compose.*.yaml")}
    assert set(re.findall(r"`(compose\.[a-z-]+\.yaml)`", DOCKER)) >= there - {"compose.swarm.yaml"}
    assert "compose.swarm.yaml" in (REPOSITORY / "docs/SCALING.md").read_text(encoding="utf-8")
