"""Whether GPUs can be read: as the exporter reads them, and by containers."""

import json
import shutil

from stack.docker.engine import Engine
from stack.parts import Part
from stack.request import Request
from stack.services.asking import AbsentError, RefusedError, ask
from stack.validating.finding import Finding

_READING = """
import json
from gpu_exporter.backends import backend_of
from gpu_exporter.errors import Unavailable
from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.service.settings import load
backend = backend_of(load(GpuExporterSettings, []), lambda: None)
try:
    print(json.dumps([card.name for card in backend.read()]))
except Unavailable as error:
    print(json.dumps(str(error)))
"""

_DEMO = "GPU_EXPORTER_BACKEND=demo shows made-up ones"


def of_processes(request: Request, exporter: Part | None) -> Finding:
    """The cards that the exporter sees; none of them is no error."""
    if exporter is None:
        return Finding("gpu", None, "not read: GPU_EXPORTER=off")
    try:
        return of_cards(json.loads(ask(request, exporter, _READING)))
    except AbsentError as reason:
        return Finding("gpu", None, f"not looked at: {reason}")
    except RefusedError:  # its settings are another finding
        return Finding("gpu", None, "not looked at: the exporter does not take its settings")


def of_cards(said: list[str] | str) -> Finding:
    """The cards' names, or why there are none; pure."""
    if isinstance(said, str):
        is_mismatch = "mismatch" in said.lower()
        remedy = "reboot: driver and library are of two versions" if is_mismatch else _DEMO
        return Finding("gpu", None, said, remedy)
    if not said:
        return Finding("gpu", None, "no card is here", _DEMO)
    names = dict.fromkeys(said)
    counted = (f"{said.count(name)} x {name}" if said.count(name) > 1 else name for name in names)
    return Finding("gpu", True, ", ".join(counted))


def of_containers(engine: Engine, has_driver: bool, has_amd: bool) -> Finding:
    """Whether containers are given cards; pure."""
    if "nvidia" in engine.runtimes:
        return Finding("gpu", True, "containers are given NVIDIA's cards (runtime nvidia)")
    if has_amd:
        return Finding("gpu", True, "containers are given AMD's cards (compose.amd.yaml)")
    if has_driver:
        why = "NVIDIA's driver is here, and Docker has no runtime nvidia: containers see no card"
        remedy = (
            "install nvidia-container-toolkit, then sudo nvidia-ctk runtime configure "
            "--runtime=docker and sudo systemctl restart docker"
        )
        return Finding("gpu", None, why, remedy)
    remedy = "COMPOSE_PROFILES=demo make start shows made-up ones"
    return Finding("gpu", None, "Docker has no runtime nvidia", remedy)


def has_driver() -> bool:
    """Whether NVIDIA's driver came with its command."""
    return shutil.which("nvidia-smi") is not None
