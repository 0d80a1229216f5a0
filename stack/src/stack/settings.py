"""What the operator can tell the stack: plain variables, from the environment or `.env`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from ollama_observe.service.addresses import found_words, is_http_url, is_loopback
from stack.clashes import ClashError, require_another, require_differing
from stack.docker.settings import Containers
from stack.errors import SettingsError
from stack.prometheus.objectives import Objectives, why_too_rare
from stack.shapes import Host, Page, Port

DEFAULT_OLLAMA_URL = "http://127.0.0.1:11434"

ALERTMANAGER_SAMPLE = Path("prometheus/alertmanager.yml")
"""Alertmanager's configuration that comes with the stack, from the repository."""

_SECRETS = ("alertmanager_webhook_url",)
"""Whose values no message repeats."""

_OF_URLS = frozenset(map(chr, range(0x21, 0x7F))) - set('"\\<>`{}|^')
"""What an address is written with; the rest is escaped in it."""


class StackSettings(Containers, Objectives):
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
    engine_host: Host = Field("127.0.0.1", description="Address of the embedded engine.")
    engine_port: Port = Field(11434, description="Port of the embedded engine.")
    proxy_host: Host = Field("127.0.0.1", description="Address that clients connect to.")
    proxy_port: Port = Field(11435, description="Port that clients connect to.")
    proxy_control_host: Host = Field("127.0.0.1", description="Address of the proxy's /metrics.")
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
    portkey_host: Host = Field(
        "127.0.0.1",
        description="Address of the Portkey gateway. One that is not this machine's loopback is "
        "used and never started. In containers PORTKEY_BIND is where it is published.",
    )
    portkey_port: Port = Field(8787, description="Port of the Portkey gateway.")
    gpu_exporter: Literal["auto", "off"] = Field(
        "auto",
        description="off: no GPU, host and model exporter; nor, then, energy and its costs.",
    )
    gpu_exporter_host: Host = Field("127.0.0.1", description="Address of the GPU exporter.")
    gpu_exporter_port: Port = Field(8000, description="Port of the GPU exporter's /metrics.")
    traffic: Literal["off", "on"] = Field(
        "off", description="on: the traffic worker asks questions through the proxy, without end."
    )
    traffic_worker_host: Host = Field("127.0.0.1", description="Address of the traffic worker.")
    traffic_worker_port: Port = Field(
        8002, description="Port of the traffic worker's /metrics, where it is told what to do, too."
    )
    traffic_worker_drain_seconds: float = Field(
        10.0, gt=0, le=3600, description="Longest wait for its requests in flight at a stop."
    )
    dashboard: Literal["on", "off"] = Field(
        "on", description="off: no page that shows what the others measure."
    )
    dashboard_host: Host = Field("127.0.0.1", description="Address of the dashboard.")
    dashboard_port: Port = Field(3001, description="Port of the dashboard.")
    grafana: Literal["off", "on"] = Field(
        "off",
        description="on: Grafana beside the dashboard, with the same panels; in containers alone.",
    )
    grafana_host: Host = Field("127.0.0.1", description="Address where Grafana is published.")
    grafana_port: Port = Field(3000, description="Port where Grafana is published.")
    prometheus: Literal["auto", "off"] = Field(
        "auto",
        description="off: no Prometheus, for those who scrape the proxy with one of their own.",
    )
    prometheus_host: Host = Field("127.0.0.1", description="Address of Prometheus.")
    prometheus_port: Port = Field(9090, description="Port of Prometheus.")
    prometheus_scrape_interval_seconds: int = Field(
        5,
        ge=1,
        description="How often Prometheus reads the metrics: 75 at most, for rules that look at "
        "five minutes.",
    )
    prometheus_retention_days: int = Field(
        31,
        ge=1,
        description="How long Prometheus keeps the numbers: the dashboard's longest range is 30 "
        "days.",
    )
    prometheus_retention_gigabytes: int = Field(
        4, ge=1, description="Most disk space that Prometheus uses for them."
    )
    prometheus_runbook_url: Page = Field(
        "docs/RUNBOOK.md",
        description="Where the runbook can be read, for the links in alerts: each adds `#` and the "
        "name of its section.",
    )
    prometheus_rules_time_scale: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Shortens every window and delay of rules and alerts, for drills: 0.1 makes "
        "3 s of 30 s. Windows must hold four scrapes.",
    )
    alertmanager: Literal["off", "on"] = Field(
        "off", description="on: Alertmanager tells somebody of the alerts that Prometheus raises."
    )
    alertmanager_host: Host = Field(
        "127.0.0.1",
        description="Address of Alertmanager. One that is not this machine's loopback is used and "
        "never started.",
    )
    alertmanager_port: Port = Field(9093, description="Port of Alertmanager.")
    alertmanager_config: Path = Field(
        ALERTMANAGER_SAMPLE,
        description="Alertmanager's configuration; one of your own is used as it is.",
    )
    alertmanager_webhook_url: SecretStr | None = Field(
        None,
        description="Where the sample configuration sends alerts: anything that takes a POST of "
        "Alertmanager's JSON. User and password may stand in it.",
    )
    stack_state_dir: Path = Field(
        Path(".local"),
        description="Logs, the supervisor's files, Prometheus's and Alertmanager's data.",
    )
    stack_downloads_dir: Path = Field(
        Path(".local"),
        description="What is fetched once: the model, Prometheus, Alertmanager, libgomp, Portkey.",
    )

    @field_validator("ollama_url")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not is_http_url(value):
            raise ValueError("expected http://host:port")
        return value.rstrip("/")

    @field_validator("alertmanager_webhook_url")
    @classmethod
    def _is_webhook(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value else None
        if text is None or (is_http_url(text) and not set(text) - _OF_URLS):
            return value
        raise ValueError("expected http://host:port/path or https://..., without blanks and quotes")

    @field_validator("portkey_host", "portkey_bind", "alertmanager_host")
    @classmethod
    def _is_not_open(cls, value: str, info: ValidationInfo) -> str:
        if value in ("0.0.0.0", "::"):
            what = "Alertmanager" if info.field_name == "alertmanager_host" else "the gateway"
            raise ValueError(f"{what} asks nobody who they are and is never opened to a network")
        return value

    @model_validator(mode="after")
    def _windows_hold_scrapes(self) -> Self:
        why = why_too_rare(
            self.prometheus_scrape_interval_seconds, self.prometheus_rules_time_scale
        )
        if why is not None and self.prometheus != "off":
            raise ClashError(
                why, "PROMETHEUS_SCRAPE_INTERVAL_SECONDS", "PROMETHEUS_RULES_TIME_SCALE"
            )
        return self

    @model_validator(mode="after")
    def _webhook_is_for_the_sample(self) -> Self:
        if self.alertmanager_webhook_url and self.alertmanager_config != ALERTMANAGER_SAMPLE:
            raise ClashError(
                "ALERTMANAGER_WEBHOOK_URL is for the sample configuration, and ALERTMANAGER_CONFIG "
                f"is {str(self.alertmanager_config)!r}: set one of them",
                *("ALERTMANAGER_WEBHOOK_URL", "ALERTMANAGER_CONFIG"),
            )
        return self

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        used = ["proxy_port", "proxy_control_port"]
        used += [
            f"{name}_port"
            for name in ("gpu_exporter", "prometheus", "dashboard")
            if getattr(self, name) != "off"
        ]
        if self.traffic == "on":
            used.append("traffic_worker_port")
        if self.grafana == "on":
            used.append("grafana_port")
        if self.alertmanager == "on" and is_loopback(self.alertmanager_host):
            used.append("alertmanager_port")
        # the proxy may take Ollama's own port where Ollama has another
        if self.ollama_url is None or self.engine == "embedded":
            used.insert(0, "engine_port")
        else:
            require_another(self.ollama_url, self.proxy_port, DEFAULT_OLLAMA_URL)
        require_differing((name.upper(), getattr(self, name)) for name in used)
        return self


KNOWN = frozenset(name.upper() for name in StackSettings.model_fields)


def parse(variables: Mapping[str, str]) -> StackSettings:
    """Settings from variables; an empty one counts as unset. Raises: SettingsError."""
    given = {
        name.lower(): value for name in sorted(KNOWN) if (value := variables.get(name, "").strip())
    }
    try:
        return StackSettings.model_validate(given)
    except ValidationError as error:
        items = error.errors()
        names = tuple(name for item in items for name in _names(item))
        raise SettingsError("\n".join(map(_sentence, items)), names=names) from error


def _names(item: ErrorDetails) -> tuple[str, ...]:
    if item["loc"]:
        return (str(item["loc"][0]).upper(),)
    clash = item["ctx"]["error"]
    assert isinstance(clash, ClashError)
    return clash.names


def _sentence(item: ErrorDetails) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    if not item["loc"]:
        return message
    name = str(item["loc"][0])
    found = "" if name in _SECRETS else found_words(item["input"])
    return f"{name.upper()}: {message}{found}"
