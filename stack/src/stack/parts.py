"""The processes of the stack as data: what runs, where it listens, how it is asked."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stack.places import Places
from stack.settings import StackSettings

STOP_ORDER = ("proxy", "engine", "prometheus")
"""The proxy drains first, while the engine still answers; Prometheus sees both go."""

_BESIDE_DRAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Address:
    """A host and port that a part listens on, and the variable that chooses the port."""

    what: str
    host: str
    port: int
    variable: str

    @property
    def url(self) -> str:
        """Where to reach it from this machine."""
        return f"http://{reachable(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class Part:
    """One supervised process.

    Units: `ready_within_seconds` from start to a 200 of `ready_url`; `stop_seconds` from
    SIGTERM to SIGKILL.
    """

    name: str
    command: tuple[str, ...]
    addresses: tuple[Address, ...]
    ready_url: str
    ready_within_seconds: float
    stop_seconds: float
    environment: Mapping[str, str] = field(default_factory=dict)


def reachable(host: str) -> str:
    """A host to connect to for a host that was listened on, ready for a URL."""
    if host in ("0.0.0.0", ""):
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host


def engine_part(settings: StackSettings, places: Places) -> Part:
    """The embedded engine."""
    address = Address("engine", settings.engine_host, settings.engine_port, "ENGINE_PORT")
    return Part(
        name="engine",
        command=(sys.executable, "-m", "engine"),
        addresses=(address,),
        ready_url=f"{address.url}/-/ready",
        ready_within_seconds=60.0,
        stop_seconds=20.0,
        environment={
            "ENGINE_HOST": settings.engine_host,
            "ENGINE_PORT": str(settings.engine_port),
            "ENGINE_MODELS_DIR": str(places.models),
            "ENGINE_LIBRARY_DIR": str(places.library),
        },
    )


def proxy_part(settings: StackSettings, ollama_url: str) -> Part:
    """The monitoring proxy in front of `ollama_url`."""
    relay = Address("proxy", settings.proxy_host, settings.proxy_port, "PROXY_PORT")
    control = Address(
        "proxy metrics",
        settings.proxy_control_host,
        settings.proxy_control_port,
        "PROXY_CONTROL_PORT",
    )
    return Part(
        name="proxy",
        command=(sys.executable, "-m", "proxy"),
        addresses=(relay, control),
        ready_url=f"{control.url}/ready",
        ready_within_seconds=30.0,
        stop_seconds=settings.proxy_drain_seconds + _BESIDE_DRAIN_SECONDS,
        environment={
            "PROXY_HOST": settings.proxy_host,
            "PROXY_PORT": str(settings.proxy_port),
            "PROXY_CONTROL_HOST": settings.proxy_control_host,
            "PROXY_CONTROL_PORT": str(settings.proxy_control_port),
            "PROXY_DRAIN_SECONDS": f"{settings.proxy_drain_seconds:g}",
            "PROXY_OLLAMA_URL": ollama_url,
        },
    )


def prometheus_address(settings: StackSettings) -> Address:
    """Where Prometheus listens."""
    return Address(
        "prometheus", settings.prometheus_host, settings.prometheus_port, "PROMETHEUS_PORT"
    )


def prometheus_part(
    settings: StackSettings, places: Places, binary: Path, configuration: Path
) -> Part:
    """Prometheus over its own database."""
    address = prometheus_address(settings)
    host = f"[{address.host}]" if ":" in address.host else address.host
    return Part(
        name="prometheus",
        command=(
            str(binary),
            f"--config.file={configuration}",
            f"--storage.tsdb.path={places.prometheus_data}",
            f"--storage.tsdb.retention.time={settings.prometheus_retention_days}d",
            f"--storage.tsdb.retention.size={settings.prometheus_retention_gigabytes}GB",
            f"--web.listen-address={host}:{address.port}",
        ),
        addresses=(address,),
        ready_url=f"{address.url}/-/ready",
        ready_within_seconds=120.0,  # it reads its log of recent samples first
        stop_seconds=30.0,
    )
