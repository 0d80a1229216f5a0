"""A real proxy on free ports of loopback, for tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from ollama_observe.service.lifecycle import Listener, listening
from proxy.app import Proxy, create_proxy
from proxy.portkey.making import read_config
from proxy.settings import ProxySettings
from proxy.sockets import bind_sockets


@dataclass(frozen=True, slots=True)
class RunningProxy:
    """Where a proxy answers, and what it has counted."""

    url: str
    control_url: str
    proxy: Proxy

    async def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """A scrape of /metrics: (sample name, labels) to value."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.control_url}/metrics") as answer,
        ):
            text = await answer.text()
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def value(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that carry these labels; 0 when there is none."""
        wanted = set(labels.items())
        return sum(
            value
            for (sample, found), value in (await self.samples()).items()
            if sample == name and wanted <= found
        )


@contextlib.asynccontextmanager
async def running_proxy(
    ollama_url: str, drain_seconds: float = 1.0, **settings: object
) -> AsyncIterator[RunningProxy]:
    """Serve relay and control app in front of `ollama_url` while the block runs."""
    chosen = ProxySettings.model_validate(
        {
            "ollama_url": ollama_url,
            "drain_seconds": drain_seconds,
            "port": 0,
            "return_leg_port": 0,
            **settings,
        }
    )
    sockets = bind_sockets(chosen)
    port = sockets.front.getsockname()[1]
    config = await asyncio.to_thread(read_config, chosen)
    proxy = create_proxy(chosen, sockets, (), config)
    control = Listener("control", proxy.control, "127.0.0.1", 0)
    async with listening(control) as control_port, proxy.serving:
        proxy.readiness.open()
        yield RunningProxy(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{control_port}", proxy)
