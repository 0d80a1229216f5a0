"""What the operator can tell the stack: plain variables, from the environment or `.env`.

The variables carry no prefix of their own. Those that start with the name of a service
and are not listed here are that service's own settings: they are handed to it, and it
refuses what it does not know.
"""

import difflib
import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from ollama_observe.service.addresses import found_words, is_http_url
from stack.errors import SettingsError
from stack.prometheus.objectives import LEAST_SCRAPES, SHORTEST_WINDOW_SECONDS, Objectives

DEFAULT_OLLAMA_URL = "http://127.0.0.1:11434"

HANDED_ON = ("PROXY_", "ENGINE_", "TRAFFIC_", "GPU_EXPORTER_")
"""Prefixes of variables that belong to one service."""

FOR_OTHERS = ("COMPOSE_", "DOCKER_")
"""Prefixes that may stand in `.env` because Docker Compose reads the same file."""

OUR_PREFIXES = ("STACK_", "PROMETHEUS_", "SLO_")
"""Prefixes of variables that nobody else reads, but for the next."""

OF_PROMETHEUS_CLIENTS = ("PROMETHEUS_MULTIPROC_DIR", "PROMETHEUS_DISABLE_CREATED_SERIES")
"""Variables of Prometheus's client libraries."""

WITHOUT_PREFIX = (
    *("OLLAMA_URL", "ENGINE", "PROMETHEUS", "GPU_EXPORTER"),
    *("PORTKEY", "PORTKEY_HOST", "PORTKEY_PORT"),
)
"""Our variables that only their spelling tells from others'."""

_NEAR_RATIO = 0.85
"""One letter more, less or exchanged; none of Ollama's or Portkey's own variables is as near."""

COMPUTED = {
    "PROXY_OLLAMA_URL": "OLLAMA_URL",
    "PROXY_ENABLE_PORTKEY": "PORTKEY=on",
    "GPU_EXPORTER_OLLAMA_URL": "OLLAMA_URL",
}
"""Service variables that the stack sets itself, and what the operator sets for each."""

_RUNNING = ("PROXY_", "ENGINE_", "GPU_EXPORTER_")
"""Those of them whose service runs as long as the stack does."""

Port = Annotated[int, Field(ge=1, le=65535)]


class StackSettings(Objectives):
    """Operator variables: each field is the variable of the same name in upper case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ollama_url: str | None = Field(
        None,
        description="Where Ollama answers. Unset: http://127.0.0.1:11434 where an Ollama answers "
        "there, else the embedded engine.",
    )
    engine: Literal["auto", "embedded"] = Field(
        "auto",
        description="auto: the embedded engine only where no Ollama answers and none is "
        "installed. embedded: always.",
    )
    engine_host: str = Field("127.0.0.1", description="Address of the embedded engine.")
    engine_port: Port = Field(11434, description="Port of the embedded engine.")
    proxy_host: str = Field("127.0.0.1", description="Address that clients connect to.")
    proxy_port: Port = Field(11435, description="Port that clients connect to.")
    proxy_control_host: str = Field("127.0.0.1", description="Address of the proxy's /metrics.")
    proxy_control_port: Port = Field(8001, description="Port of the proxy's /metrics and /health.")
    proxy_drain_seconds: float = Field(
        30.0, ge=0, le=3600, description="Longest wait for requests in flight at a stop."
    )
    proxy_return_leg_port: Port = Field(
        11436,
        description="Port where the Portkey gateway's requests come back into the proxy; each "
        "further worker of the proxy takes the next.",
    )
    portkey: Literal["off", "on"] = Field(
        "off",
        description="on: `make start` does what `make start-with-portkey` does, and `make setup` "
        "fetches the gateway.",
    )
    portkey_host: str = Field(
        "127.0.0.1",
        description="Address of the Portkey gateway. One that is not this machine's loopback is "
        "used and never started.",
    )
    portkey_port: Port = Field(8787, description="Port of the Portkey gateway.")
    gpu_exporter: Literal["auto", "off"] = Field(
        "auto",
        description="off: no GPU, host and model exporter; nor, then, energy and its costs.",
    )
    gpu_exporter_host: str = Field("127.0.0.1", description="Address of the GPU exporter.")
    gpu_exporter_port: Port = Field(8000, description="Port of the GPU exporter's /metrics.")
    prometheus: Literal["auto", "off"] = Field(
        "auto",
        description="off: no Prometheus, for those who scrape the proxy with one of their own.",
    )
    prometheus_host: str = Field("127.0.0.1", description="Address of Prometheus.")
    prometheus_port: Port = Field(9090, description="Port of Prometheus.")
    prometheus_scrape_interval_seconds: int = Field(
        5, ge=1, description="How often Prometheus reads the metrics."
    )
    prometheus_retention_days: int = Field(
        15, ge=1, description="How long Prometheus keeps the numbers."
    )
    prometheus_retention_gigabytes: int = Field(
        2, ge=1, description="Most disk space that Prometheus uses for them."
    )
    prometheus_runbook_url: str = Field(
        "docs/RUNBOOK.md",
        min_length=1,
        description="Where the runbook can be read, for the links in alerts.",
    )
    prometheus_rules_time_scale: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Shortens every window and delay of rules and alerts, for drills: 0.1 makes "
        "3 s of 30 s.",
    )
    stack_state_dir: Path = Field(
        Path(".local"), description="Logs, the supervisor's files and Prometheus's data."
    )
    stack_downloads_dir: Path = Field(
        Path(".local"), description="What is fetched once: the model, Prometheus, libgomp, Portkey."
    )

    @field_validator("ollama_url")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not is_http_url(value):
            raise ValueError("expected http://host:port")
        return value.rstrip("/")

    @field_validator("portkey_host")
    @classmethod
    def _is_one_address(cls, value: str) -> str:
        if value in ("0.0.0.0", "::"):
            raise ValueError(
                "the gateway asks nobody who they are and is never opened to a network"
            )
        # a colon is an IPv6 address's, or comes before a port that has a variable of its own
        if "/" in value or (":" in value and not _is_address(value)):
            raise ValueError("expected a host's name or address alone")
        return value

    @model_validator(mode="after")
    def _windows_hold_scrapes(self) -> Self:
        window_seconds = SHORTEST_WINDOW_SECONDS * self.prometheus_rules_time_scale
        longest = window_seconds / LEAST_SCRAPES
        if self.prometheus_scrape_interval_seconds > longest:
            raise ValueError(
                f"rules look at windows of {window_seconds:g} s, which need {LEAST_SCRAPES} "
                f"scrapes: PROMETHEUS_SCRAPE_INTERVAL_SECONDS is {longest:g} at most, found "
                f"{self.prometheus_scrape_interval_seconds}"
            )
        return self

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        used = ["proxy_port", "proxy_control_port"]
        used += [
            f"{name}_port"
            for name in ("gpu_exporter", "prometheus")
            if getattr(self, name) != "off"
        ]
        # the proxy may take Ollama's own port where Ollama has another
        if self.ollama_url is None or self.engine == "embedded":
            used.insert(0, "engine_port")
        seen: dict[int, str] = {}
        for name in used:
            port = getattr(self, name)
            if port in seen:
                raise ValueError(f"{seen[port]} and {name.upper()} are both {port}")
            seen[port] = name.upper()
        return self


KNOWN = frozenset(name.upper() for name in StackSettings.model_fields)


def merge(environ: Mapping[str, str], dotenv: Mapping[str, str]) -> dict[str, str]:
    """Both sources as one; the environment wins. Raises: SettingsError for unknown names."""
    mistakes = [f".env: {_unknown(name)}" for name in dotenv if not _may_stand_in_dotenv(name)]
    mistakes += [
        _unknown(name) for name, value in sorted(environ.items()) if value and _is_misspelt(name)
    ]
    merged = {**dotenv, **environ}
    mistakes += [
        f"{name} is set by the stack itself: set {instead} instead"
        for name, instead in COMPUTED.items()
        if merged.get(name)
    ]
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return merged


def parse(variables: Mapping[str, str]) -> StackSettings:
    """Settings from variables; an empty one counts as unset. Raises: SettingsError."""
    given = {
        name.lower(): value for name in sorted(KNOWN) if (value := variables.get(name, "").strip())
    }
    try:
        return StackSettings.model_validate(given)
    except ValidationError as error:
        raise SettingsError("\n".join(map(_sentence, error.errors()))) from error


def operator_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Those variables that change what runs: ours and the services' own."""
    return {
        name: value
        for name, value in variables.items()
        if value and (name in KNOWN or name.startswith(_RUNNING))
    }


def _may_stand_in_dotenv(name: str) -> bool:
    return name in KNOWN or name.startswith((*HANDED_ON, *FOR_OTHERS))


def _is_misspelt(name: str) -> bool:
    """Whether a name of the environment, which holds others' too, can only be meant for us."""
    if name in KNOWN or name.upper() in OF_PROMETHEUS_CLIENTS:
        return False
    if name.upper().startswith(OUR_PREFIXES):
        return True
    return bool(difflib.get_close_matches(name.upper(), WITHOUT_PREFIX, 1, _NEAR_RATIO))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name.upper(), sorted(KNOWN), n=1)
    hint = f", did you mean {close[0]}?" if close else ": .env.example lists them all"
    return f"unknown setting {name}{hint}"


def _sentence(item: object) -> str:
    assert isinstance(item, dict)
    message = str(item["msg"]).removeprefix("Value error, ")
    if not item["loc"]:
        return message
    return f"{str(item['loc'][0]).upper()}: {message}{found_words(item['input'])}"
