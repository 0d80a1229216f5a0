"""The traffic worker as a part of the stack: it asks questions through the proxy, without end."""

import sys
from collections.abc import Iterable

from ollama_observe.service.addresses import without_credentials
from stack.parts import Address, Part, portkey_address
from stack.settings import DEFAULT_OLLAMA_URL, StackSettings

NAME = "traffic"

ANY_MODEL = {"TRAFFIC_MODEL": "auto"}
"""Whom the traffic asks where the operator names no model: one that is there, as in containers."""

_BESIDE_DRAIN_SECONDS = 10.0


def traffic_address(settings: StackSettings) -> Address:
    """Where the worker is told what to do, and has its metrics."""
    return Address(
        NAME,
        settings.traffic_worker_host,
        settings.traffic_worker_port,
        "TRAFFIC_WORKER_PORT",
        "/metrics",
    )


def addresses(parts: Iterable[Part], settings: StackSettings) -> dict[str, str]:
    """Where the parts that run answer, as the traffic generator's variables.

    What was not started here is where the settings say: the plan keeps no variables of a part.
    """
    started = {part.name: part.addresses[0].url for part in parts}
    ollama = started.get("engine", settings.ollama_url or DEFAULT_OLLAMA_URL)
    proxy = Address("proxy", settings.proxy_host, settings.proxy_port, "PROXY_PORT")
    return {
        "TRAFFIC_BASE_URL": started.get("proxy", proxy.url),
        "TRAFFIC_PORTKEY_URL": started.get("portkey", portkey_address(settings).url),
        "TRAFFIC_OLLAMA_URL": without_credentials(ollama),
    }


def traffic_part(settings: StackSettings, parts: Iterable[Part]) -> Part:
    """The worker; `parts` are those that run beside it, the proxy among them."""
    address = traffic_address(settings)
    return Part(
        name=NAME,
        command=(sys.executable, "-m", "traffic", "worker"),
        addresses=(address,),
        ready_url=f"{address.url}/ready",
        ready_within_seconds=30.0,
        stop_seconds=settings.traffic_worker_drain_seconds + _BESIDE_DRAIN_SECONDS,
        environment={
            **addresses(parts, settings),
            **ANY_MODEL,
            "TRAFFIC_WORKER_HOST": settings.traffic_worker_host,
            "TRAFFIC_WORKER_PORT": str(settings.traffic_worker_port),
            "TRAFFIC_WORKER_DRAIN_SECONDS": f"{settings.traffic_worker_drain_seconds:g}",
            # a run at a terminal shows its progress, a service logs it
            "TRAFFIC_LOG_LEVEL": "info",
        },
    )
