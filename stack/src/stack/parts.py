"""The processes of the stack as data: what runs, where it listens, how it is asked."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ollama_observe.service.addresses import is_loopback
from stack.places import Places
from stack.settings import StackSettings

START_ORDER = (
    *("ollama", "engine", "portkey", "proxy", "gpu-exporter"),
    *("traffic", "alertmanager", "prometheus", "dashboard"),
)
"""Each after those that it asks."""

STOP_ORDER = (
    *("traffic", "proxy", "portkey", "engine", "ollama"),
    *("gpu-exporter", "dashboard", "prometheus", "alertmanager"),
)
"""The traffic worker asks nothing more before the proxy drains, which the dashboard shows, and that
before gateway and engine go; Prometheus sees all go, and Alertmanager hears its last word."""

_BESIDE_DRAIN_SECONDS = 10.0

GATEWAY_SCRIPT = Path("node_modules/@portkey-ai/gateway/build/start-server.js")
"""In the folder that npm installed into."""

PRELOADED = ("portkey/loopback.cjs", "portkey/discreet.cjs", "portkey/steady.cjs")
"""In the repository: what node loads before it. Each says why."""

_GATEWAY_HEAD_BYTES = 65_536
_ALWAYS_TRUSTED = ("localhost", "127.0.0.1", "::1", "host.docker.internal")


@dataclass(frozen=True, slots=True)
class Address:
    """A host and port that a part listens on, and the variable that chooses the port.

    `page` is the path that somebody who reads of the address wants.
    """

    what: str
    host: str
    port: int
    variable: str
    page: str = ""

    @property
    def listened(self) -> str:
        """Where it listens, as a program is told."""
        return f"{_in_url(self.host)}:{self.port}"

    @property
    def url(self) -> str:
        """Where to reach it from this machine."""
        return f"http://{reachable(self.host)}:{self.port}"

    @property
    def page_url(self) -> str:
        """What to open there."""
        return f"{self.url}{self.page}"


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
    environment: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Route:
    """The proxy's way through a gateway: what it is told, and where the requests come back."""

    flags: tuple[str, ...]
    return_legs: tuple[Address, ...]


def reachable(host: str) -> str:
    """A host to connect to for a host that was listened on, ready for a URL."""
    if host in ("0.0.0.0", ""):
        return "127.0.0.1"
    return _in_url("::1" if host == "::" else host)


def _in_url(host: str) -> str:
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


def portkey_address(settings: StackSettings) -> Address:
    """Where the Portkey gateway answers, be it ours or somebody else's."""
    # a name may mean two addresses, and the gateway listens on one
    host = "127.0.0.1" if settings.portkey_host == "localhost" else settings.portkey_host
    return Address("portkey", host, settings.portkey_port, "PORTKEY_PORT")


def portkey_part(settings: StackSettings, places: Places, node: Path, ollama_url: str) -> Part:
    """The Portkey gateway, on the loopback alone, with a log that keeps nothing private."""
    address = portkey_address(settings)
    trusted = (*_ALWAYS_TRUSTED, urlsplit(ollama_url).hostname or "localhost")
    return Part(
        name="portkey",
        command=(
            str(node),
            f"--max-http-header-size={_GATEWAY_HEAD_BYTES}",
            *(word for file in PRELOADED for word in ("--require", str(places.repository / file))),
            str(places.portkey / GATEWAY_SCRIPT),
            *(f"--host={address.host}", f"--port={address.port}", "--headless"),
        ),
        addresses=(address,),
        ready_url=f"{address.url}/",  # its /v1/health is a 400
        ready_within_seconds=30.0,
        stop_seconds=10.0,
        # without, it sends no GET to an address of a private network
        environment={"TRUSTED_CUSTOM_HOSTS": ",".join(dict.fromkeys(trusted))},
    )


def proxy_part(settings: StackSettings, ollama_url: str, route: Route | None = None) -> Part:
    """The monitoring proxy in front of `ollama_url`, straight or by a gateway's `route`."""
    relay = Address("proxy", settings.proxy_host, settings.proxy_port, "PROXY_PORT")
    control = Address(
        "proxy metrics",
        settings.proxy_control_host,
        settings.proxy_control_port,
        "PROXY_CONTROL_PORT",
        "/metrics",
    )
    return Part(
        name="proxy",
        command=(sys.executable, "-m", "proxy", *(route.flags if route else ())),
        addresses=(relay, control, *(route.return_legs if route else ())),
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
            **({"PROXY_RETURN_LEG_PORT": str(settings.proxy_return_leg_port)} if route else {}),
        },
    )


def gpu_exporter_part(
    settings: StackSettings,
    ollama_url: str,
    proxy: Address,
    models: Path | None,
    is_elsewhere: bool = False,
) -> Part:
    """The exporter of GPUs, the machine and Ollama; `proxy` is the control address.

    `models` is where the models lie, if that is ours to know; `is_elsewhere`: Ollama runs on
    another machine than the one that is read.
    """
    address = Address(
        "gpu-exporter",
        settings.gpu_exporter_host,
        settings.gpu_exporter_port,
        "GPU_EXPORTER_PORT",
        "/metrics",
    )
    return Part(
        name="gpu-exporter",
        command=(sys.executable, "-m", "gpu_exporter"),
        addresses=(address,),
        ready_url=f"{address.url}/ready",
        ready_within_seconds=30.0,
        stop_seconds=10.0,
        environment={
            "GPU_EXPORTER_HOST": settings.gpu_exporter_host,
            "GPU_EXPORTER_PORT": str(settings.gpu_exporter_port),
            "GPU_EXPORTER_OLLAMA_URL": ollama_url,
            "GPU_EXPORTER_PROXY_URL": proxy.url,
            "GPU_EXPORTER_OLLAMA_ELSEWHERE": str(is_elsewhere).lower(),
            **({"GPU_EXPORTER_MODELS_DIR": str(models)} if models else {}),
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
    return Part(
        name="prometheus",
        command=(
            str(binary),
            f"--config.file={configuration}",
            f"--storage.tsdb.path={places.prometheus_data}",
            f"--storage.tsdb.retention.time={settings.prometheus_retention_days}d",
            f"--storage.tsdb.retention.size={settings.prometheus_retention_gigabytes}GB",
            f"--web.listen-address={address.listened}",
            # alerts link to it: by itself under the machine's name, where it may not listen
            *((f"--web.external-url={address.url}",) if is_loopback(address.host) else ()),
        ),
        addresses=(address,),
        ready_url=f"{address.url}/-/ready",
        ready_within_seconds=120.0,  # it reads its log of recent samples first
        stop_seconds=30.0,
    )
