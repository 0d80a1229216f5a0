"""Writes what containers are told and scraped by: `make docs`; `--check` only compares.

`docker/variables/SERVICE.env` names the variables that reach a service's containers, those that
are set; `prometheus/compose.yml` is the scrape configuration.
"""

import argparse
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from dashboard.settings import DashboardSettings
from engine.settings import EngineSettings
from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.service.settings import ServiceSettings, fields_of
from proxy.settings import ProxySettings
from stack.docker.settings import OF_OLLAMA
from stack.prometheus.configuration import TEMPLATE
from stack.prometheus.discovery import in_containers
from stack.settings import StackSettings
from traffic.settings import TrafficSettings

REPOSITORY = Path(__file__).resolve().parents[1]
SERVICES: dict[str, type[ServiceSettings]] = {
    "proxy": ProxySettings,
    "engine": EngineSettings,
    "gpu-exporter": GpuExporterSettings,
    "traffic": TrafficSettings,
    "dashboard": DashboardSettings,
}
OF_THE_HOST = ("TRAFFIC_RESULTS_DIRECTORY",)
"""Folders of the caller's, which mean nothing in a container."""

_IN_IMAGE = re.compile(r"\b([A-Z_]+)=")
_GENERATED = "# Written by `make docs`"


def files() -> dict[Path, str]:
    """Each generated file of the repository, and what it is to hold."""
    compose = yaml.safe_load((REPOSITORY / "compose.yaml").read_text(encoding="utf-8"))
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    fixed = fixed_by_images(dockerfile) | {*OF_THE_HOST}
    lists = {
        name: names_for(cls, fixed | told_by_compose(compose, name))
        for name, cls in SERVICES.items()
    }
    lists["ollama"] = [*OF_OLLAMA]
    found = {Path("docker/variables") / f"{name}.env": listed(lists[name]) for name in lists}
    template = (REPOSITORY / TEMPLATE).read_text(encoding="utf-8")
    seconds = StackSettings.model_fields["prometheus_scrape_interval_seconds"].default
    scraped = f"{_GENERATED} from {TEMPLATE.name}.\n{in_containers(template, seconds)}"
    return found | {Path("prometheus/compose.yml"): scraped}


def fixed_by_images(dockerfile: str) -> set[str]:
    """The variables that the images set: addresses and folders of their own."""
    lines = dockerfile.replace("\\\n", " ").splitlines()
    return {name for line in lines if line.startswith("ENV ") for name in _IN_IMAGE.findall(line)}


def told_by_compose(compose: dict[str, Any], service: str) -> set[str]:
    """The variables that compose.yaml sets itself."""
    return set(compose["services"][service]["environment"])


def names_for(cls: type[ServiceSettings], fixed: set[str]) -> list[str]:
    """A service's variables in order, but for those that somebody else sets."""
    return sorted({row["variable"] for row in fields_of(cls)} - fixed)


def listed(names: Iterable[str]) -> str:
    """An env_file whose names have no values: Compose takes them where it is started."""
    return "".join(f"{line}\n" for line in (f"{_GENERATED}.", *names))


def main(argv: list[str]) -> int:
    """Exit code 0, or 1 when `--check` found a file that is behind."""
    parser = argparse.ArgumentParser(
        prog="containers.py", description="Writes the generated files.", allow_abbrev=False
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    only_compare = parser.parse_args(argv).check
    behind = [path for path, text in files().items() if _found(path) != text]
    for path in behind:
        if not only_compare:
            (REPOSITORY / path).write_text(files()[path], encoding="utf-8")
        print(f"{path} {'is behind: make docs' if only_compare else 'rewritten'}")  # noqa: T201
    return 1 if behind and only_compare else 0


def _found(path: Path) -> str:
    file = REPOSITORY / path
    return file.read_text(encoding="utf-8") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
