"""The variables by name: which are ours, which a service's, which nobody's.

The variables carry no prefix of their own. Those that start with the name of a service
and are no setting of the stack are that service's own: they are handed to it, and it
refuses what it does not know.
"""

import difflib
import re
from collections.abc import Collection, Mapping

from stack.docker.settings import OF_BUILDS, OF_OLLAMA
from stack.parts import Part
from stack.settings import KNOWN

HANDED_ON = ("PROXY_", "ENGINE_", "TRAFFIC_", "GPU_EXPORTER_", "DASHBOARD_")
"""Prefixes of variables that belong to one service."""

FOR_OTHERS = ("COMPOSE_", "DOCKER_")
"""Prefixes that may stand in `.env` because Docker Compose reads the same file."""

OUR_PREFIXES = ("STACK_", "PROMETHEUS_", "SLO_")
"""Prefixes of variables that nobody else reads, but for the next."""

OF_PROMETHEUS_CLIENTS = ("PROMETHEUS_MULTIPROC_DIR", "PROMETHEUS_DISABLE_CREATED_SERIES")
"""Variables of Prometheus's client libraries."""

WITHOUT_PREFIX = (
    *("RUNTIME", "OLLAMA_URL", "ENGINE", "PROMETHEUS", "GPU_EXPORTER", "TRAFFIC", "DASHBOARD"),
    *("PORTKEY", "PORTKEY_HOST", "PORTKEY_PORT", "GRAFANA", "GRAFANA_HOST", "GRAFANA_PORT"),
    *("ALERTMANAGER", "ALERTMANAGER_HOST", "ALERTMANAGER_PORT"),
    *("ALERTMANAGER_CONFIG", "ALERTMANAGER_WEBHOOK_URL"),
)
"""Our variables that only their spelling tells from others'."""

_NEAR_RATIO = 0.86
"""One letter more, less or exchanged; none of the variables of Ollama's, Portkey's or of those who
ask an Alertmanager is as near."""

OF_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES")
"""Where make repeats what it was told, ours among it: `make start NAME=value`."""

COMPUTED = {
    "PROXY_OLLAMA_URL": "OLLAMA_URL",
    "PROXY_ENABLE_PORTKEY": "PORTKEY=on",
    "GPU_EXPORTER_OLLAMA_URL": "OLLAMA_URL",
}
"""Service variables that the stack sets itself, and what the operator sets for each."""

OF_PROJECT = "COMPOSE_PROJECT_NAME"
"""Whose containers are looked at: under a name that Compose does not take there seem to be none."""

_PROJECT = re.compile("([a-z0-9][a-z0-9_-]*)?")


def merge(
    environ: Mapping[str, str], dotenv: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Both sources as one, the environment wins; and a sentence for each name that is refused.

    What is refused is left out.
    """
    unknown = [name for name in dotenv if not _may_stand_in_dotenv(name)]
    misspelt = [name for name, value in sorted(environ.items()) if value and _is_misspelt(name)]
    merged = {**without(unknown, dotenv), **without(misspelt, environ)}
    refused = {
        name: f"{name} is set by the stack itself: set {instead} instead"
        for name, instead in COMPUTED.items()
        if merged.get(name)
    }
    if not _PROJECT.fullmatch(merged.get(OF_PROJECT, "")):
        refused[OF_PROJECT] = (
            f"{OF_PROJECT}: expected small letters, digits, - and _, a letter or digit first, "
            f"found {merged[OF_PROJECT]!r}"
        )
    mistakes = [f".env: {_unknown(name)}" for name in unknown]
    mistakes += [_unknown(name) for name in misspelt]
    return without(refused, merged), [*mistakes, *refused.values()]


def without(names: Collection[str], variables: Mapping[str, str]) -> dict[str, str]:
    """The variables but for these names."""
    return {name: value for name, value in variables.items() if name not in names}


def operator_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Those variables that change what runs: ours and the services' own."""
    return {
        name: value
        for name, value in variables.items()
        if value and (name in KNOWN or name.startswith(HANDED_ON))
    }


def others_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """What every part gets of the environment: neither ours and the services' own, nor make's."""
    ours = operator_variables(variables)
    return {
        name: value
        for name, value in variables.items()
        if value and name not in ours and name not in OF_MAKE
    }


def environment_of(part: Part, variables: Mapping[str, str]) -> dict[str, str]:
    """What the stack computed for a part, and what the operator says to it, who wins.

    What the operator says to the stack is not handed on: it may be a key.
    """
    own = own_variables(part, variables)
    return {name: variables.get(name) or value for name, value in part.environment.items()} | own


def own_variables(part: Part, variables: Mapping[str, str]) -> dict[str, str]:
    """What the operator says to a part that is none of the stack's own settings."""
    prefix = f"{part.name.upper().replace('-', '_')}_"
    return {
        name: value
        for name, value in variables.items()
        if value and name.startswith(prefix) and name not in KNOWN
    }


def _may_stand_in_dotenv(name: str) -> bool:
    is_composes = name.startswith(FOR_OTHERS) or name in (*OF_OLLAMA, *OF_BUILDS)
    return name in KNOWN or name.startswith(HANDED_ON) or is_composes


def _is_misspelt(name: str) -> bool:
    """Whether a name of the environment, which holds others' too, can only be meant for us."""
    if name in KNOWN or name.upper() in OF_PROMETHEUS_CLIENTS:
        return False
    if name.upper().startswith(OUR_PREFIXES):
        return True
    return bool(difflib.get_close_matches(name.upper(), WITHOUT_PREFIX, 1, _NEAR_RATIO))


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name.upper(), sorted(KNOWN), n=1)
    hint = f", did you mean {close[0]}?" if close else ": .env.example lists them all"
    return f"unknown setting {name}{hint}"
