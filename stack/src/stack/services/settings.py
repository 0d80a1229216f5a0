"""Each service's settings, read by the service itself as it does when it starts."""

from collections.abc import Iterable

from stack.errors import SettingsError
from stack.parts import Part
from stack.request import Request
from stack.services.asking import AbsentError, RefusedError, ask
from stack.variables import own_variables

HERE, INSIDE = "here", "inside"
"""Whose the files are that settings name: this machine's, or a container's, not looked at."""

_PROXY = """
import sys
from ollama_observe.service.settings import load
from proxy.checks import mistake_in
from proxy.settings import ProxySettings
settings = load(ProxySettings, sys.argv[2:])
mistake = mistake_in(settings) if sys.argv[1] == "here" else None
if mistake:
    sys.exit(f"proxy: {mistake}")
"""
_EXPORTER = """
import sys
from gpu_exporter.registry import mistake_in
from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.service.settings import load
mistake = mistake_in(load(GpuExporterSettings, sys.argv[2:]))
if mistake:
    sys.exit(f"gpu-exporter: {mistake}")
"""
_PLAIN = """
from ollama_observe.service.settings import load
from {module} import {settings}
load({settings}, [])
"""

SCRIPTS = {
    "proxy": _PROXY,
    "engine": _PLAIN.format(module="engine.settings", settings="EngineSettings"),
    "gpu-exporter": _EXPORTER,
    "traffic": _PLAIN.format(module="traffic.worker.command", settings="WorkerSettings"),
    "dashboard": _PLAIN.format(module="dashboard.settings", settings="DashboardSettings"),
}
"""What has a service read its settings, by part."""


def require(request: Request, parts: Iterable[Part]) -> None:
    """Raises: SettingsError with what services say of the variables that are theirs alone.

    Who has none said to it is not asked, which takes a second: what we tell it, it takes.
    """
    asked = (part for part in parts if part.name in SCRIPTS)
    told = [part for part in asked if own_variables(part, request.variables)]
    refusals = [said for part in told if (said := refusal_of(request, part, HERE)) is not None]
    if refusals:
        raise SettingsError("\n".join(refusals))


def refusal_of(request: Request, part: Part, where: str) -> str | None:
    """Why a service does not take its settings, a sentence a line; None where it does, or where
    nobody is here to say so."""
    try:
        ask(request, part, SCRIPTS[part.name], where)
    except AbsentError:
        return None
    except RefusedError as error:
        return str(error)
    return None
