"""What the traffic worker can be told, by environment (TRAFFIC_*) or command line."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from ollama_observe.service.addresses import is_http_url, is_loopback
from ollama_observe.service.settings import ServiceSettings, settings_config

LOCAL_HOSTS = frozenset(
    {"localhost", "host.docker.internal", "proxy", "engine", "ollama", "portkey"}
)
"""Names that stay on this machine: the loopback, and the services of our compose file."""

GATEWAY_ADDRESSES = ("portkey_url", "ollama_url")
"""What the route gateway uses, in place of `base_url`."""

Preset = Literal["quick", "demo"]
"""How many questions, of which kinds. Sizes are in plan.py."""

Api = Literal["native", "openai"]
"""Which of the server's chat interfaces is used."""

RequestRoute = Literal["default", "direct", "portkey", "gateway"]
"""The way that one request asks for. What it means is in routes.py."""

Route = Literal[RequestRoute, "mixed"]
"""The ways that a run asks for; mixed: every question by two of them."""


class TrafficSettings(ServiceSettings):
    """Settings of `python -m traffic`."""

    model_config = settings_config("TRAFFIC_", "traffic")

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="Least severe level that is logged, beside the progress line."
    )
    # these two before the addresses, whose validator reads them
    allow_remote: bool = Field(
        False, description="Permit addresses that leave this machine and its containers."
    )
    route: Route = Field(
        "default",
        description="default: as the proxy chooses; direct, portkey: the proxy is asked for this "
        "way; mixed: every question both ways; gateway: straight to Portkey, without the proxy.",
    )
    base_url: str = Field(
        "http://127.0.0.1:11435", description="Where requests go: the proxy, or any Ollama."
    )
    portkey_url: str = Field(
        "http://127.0.0.1:8787",
        description="Where requests go with the route gateway: the Portkey gateway.",
    )
    ollama_url: str = Field(
        "http://127.0.0.1:11434",
        description="Where the gateway sends them with the route gateway: Ollama, without /v1.",
    )
    model: str = Field("smollm2:135m", min_length=1, description="The model that answers.")
    preset: Preset = Field(
        "quick",
        description="quick: 10 questions, one of each category; demo: 50, five of each.",
    )
    api: Api = Field(
        "native", description="native: /api/chat; openai: /v1/chat/completions. Both streamed."
    )
    concurrency: int = Field(
        1, ge=1, le=256, description="Questions in flight at once; a new one starts as one ends."
    )
    seed: int = Field(1, ge=0, lt=2**31, description="Same seed, same questions in the same order.")
    max_tokens: int | None = Field(
        None, gt=0, description="Ceiling on the tokens of an answer, below each question's own."
    )
    request_timeout_seconds: float = Field(
        300.0, gt=0, description="Longest time for one request, from sent to the answer's end."
    )
    connect_timeout_seconds: float = Field(5.0, gt=0, description="Longest wait for a connection.")
    questions_directory: Path | None = Field(
        None, description="The question bank. Default: `questions` in the checkout."
    )

    @field_validator("base_url", "portkey_url", "ollama_url")
    @classmethod
    def _is_http_and_near(cls, value: str, info: ValidationInfo) -> str:
        used = GATEWAY_ADDRESSES if info.data.get("route") == "gateway" else ("base_url",)
        if info.field_name not in used:
            return value  # nothing is sent there, and whoever set it may have meant another run
        if info.field_name == "ollama_url" and urlsplit(value).path.rstrip("/").endswith("/v1"):
            raise ValueError("expected http://host:port, without /v1: paths carry it")
        return _near_address(value, allow_remote=bool(info.data.get("allow_remote")))

    @property
    def target_url(self) -> str:
        """The server that requests are sent to."""
        return self.portkey_url if self.route == "gateway" else self.base_url


def _near_address(value: str, *, allow_remote: bool) -> str:
    if not is_http_url(value):
        raise ValueError("expected http://host:port")
    parts = urlsplit(value)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("expected http://host:port, without credentials, query or fragment")
    if not allow_remote and not is_local(parts.hostname or ""):
        raise ValueError("not on this machine; --allow-remote permits it")
    return value.rstrip("/")


def is_local(host: str) -> bool:
    """Whether `host` is the loopback or a service of our compose file, judged by name alone."""
    return host in LOCAL_HOSTS or host.endswith(".localhost") or is_loopback(host)
