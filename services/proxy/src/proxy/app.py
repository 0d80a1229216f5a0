"""Puts the proxy together: the relay on one port, the control app on another."""

import asyncio
import json
from dataclasses import dataclass

from fastapi import FastAPI

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.build import process_registry
from ollama_observe.service.http import Check, Control, Readiness, create_control_app
from proxy.labels import ModelLabels
from proxy.metrics import ProxyMetrics
from proxy.relay import Relay
from proxy.settings import ProxySettings
from proxy.upstream import OutboundRequest, Upstream, UpstreamError

CHECK_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Proxy:
    """The two ASGI apps of a proxy, and whether it takes traffic."""

    relay: Relay
    control: FastAPI
    readiness: Readiness


def create_app(settings: ProxySettings, upstream: Upstream) -> Proxy:
    """Build the relay and the control app around one upstream and one registry."""
    registry = process_registry()
    metrics = ProxyMetrics(registry)
    models = ModelLabels(
        settings.model_label_limit, lambda: metrics.add(catalogue.LABEL_OVERFLOW, 1, "model")
    )
    readiness = Readiness()

    async def check_ollama() -> Check:
        return await _check(upstream)

    control = Control("proxy", readiness, registry, {"ollama": check_ollama})
    return Proxy(Relay(upstream, metrics, models), create_control_app(control), readiness)


async def _check(upstream: Upstream) -> Check:
    """Ask the upstream for its version, past the relay: health checks are no traffic."""
    request = OutboundRequest("GET", "/api/version", [(b"host", b"localhost")], None)
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            response = await upstream.open(request)
            try:
                body = b"".join([chunk async for chunk in response.chunks()])
            finally:
                response.close()
    except UpstreamError as error:
        return Check(False, f"Ollama at {upstream.address} gave no answer: {error}")
    except TimeoutError:
        seconds = CHECK_TIMEOUT_SECONDS
        return Check(False, f"Ollama at {upstream.address} gave no answer within {seconds:g} s")
    version = _version_in(body) if response.status == 200 else None
    if version is None:
        return Check(False, f"{upstream.address} answered {response.status}, not as Ollama does")
    return Check(True, f"Ollama {version} at {upstream.address}")


def _version_in(body: bytes) -> str | None:
    try:
        return str(json.loads(body)["version"])
    except (ValueError, KeyError, TypeError):
        return None
