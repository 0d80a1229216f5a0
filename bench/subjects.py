"""What is measured, side by side: direct, nginx, the proxy, through Portkey, with its cache.

All are before the same upstream.
"""

import asyncio
import contextlib
import resource
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from bench.gateway import start_gateway
from bench.nginx import StartError, running_nginx
from tests.ports import free_port
from tests.processes import ProxyProcess, proxy_process

# what is off by default measures too: per-user series by a header that the client sends
PROXY_SETTINGS = {"PROXY_USER_HEADER": "X-User"}

MISSES, HITS = "misses", "hits"
CACHES: Mapping[str, Mapping[str, str]] = {
    # what is kept is too old at once: each request is looked for, answered, kept, and a miss
    MISSES: {"PROXY_CACHE": "simple", "PROXY_CACHE_MAX_AGE_SECONDS": "0.00001"},
    HITS: {"PROXY_CACHE": "simple"},
}
"""Proxies with an answer cache, and their settings."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Where to send requests, and the process whose cost they are; None for no process.

    `gateway` is the process of the Portkey gateway that they go through.
    """

    name: str
    port: int
    upstream_port: int
    root: int | None
    gateway: int | None = None
    has_cache: bool = False


@contextlib.asynccontextmanager
async def upstream() -> AsyncIterator[int]:
    """Run the scripted Ollama as a process of its own; yields its port."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.upstream", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        yield int(await child.stdout.readline())
    finally:
        if child.returncode is None:
            child.terminate()
            await child.wait()


@contextlib.asynccontextmanager
async def subjects(
    upstream_port: int, nginx: str | None, has_gateway: bool
) -> AsyncIterator[list[Subject]]:
    """Run all that there is to be compared; without nginx (its program) or gateway, the rest.

    Raises: StartError.
    """
    allow_many_files()
    async with contextlib.AsyncExitStack() as stack:
        found = [Subject("direct", upstream_port, upstream_port, None)]
        if nginx is not None:
            port, root = await stack.enter_async_context(running_nginx(nginx, upstream_port))
            found.append(Subject("nginx", port, upstream_port, root))
        proxy = await _start_proxy(stack, upstream_port)
        found.append(Subject("proxy", proxy.port, upstream_port, proxy.child.pid))
        if has_gateway:
            gateway = await start_gateway(stack)
            routed = await _start_proxy(stack, upstream_port, **_through(gateway.port))
            pids = routed.child.pid, gateway.process.pid
            found.append(Subject("portkey", routed.port, upstream_port, *pids))
        for name, told in CACHES.items():
            proxy = await _start_proxy(stack, upstream_port, **told)
            pid = proxy.child.pid
            found.append(Subject(name, proxy.port, upstream_port, pid, has_cache=True))
        yield found


async def _start_proxy(
    stack: contextlib.AsyncExitStack, upstream_port: int, **settings: str
) -> ProxyProcess:
    url = f"http://127.0.0.1:{upstream_port}"
    proxy = await stack.enter_async_context(proxy_process(url, **PROXY_SETTINGS, **settings))
    await until_ready(proxy)
    return proxy


def _through(gateway_port: int) -> dict[str, str]:
    return {
        "PROXY_ENABLE_PORTKEY": "true",
        "PROXY_PORTKEY_PORT": str(gateway_port),
        "PROXY_PORTKEY_STRICT": "true",  # what went directly after all would be measured as cheap
        "PROXY_RETURN_LEG_PORT": str(free_port()),
    }


async def until_ready(proxy: ProxyProcess) -> None:
    """Wait for the proxy; when it ends instead, say what it said.

    Raises: StartError.
    """
    ready = asyncio.ensure_future(proxy.until_ready())
    ended = asyncio.ensure_future(proxy.child.wait())
    await asyncio.wait((ready, ended), return_when=asyncio.FIRST_COMPLETED)
    if ready.done():
        ended.cancel()
        await ready
        return
    ready.cancel()
    raise StartError(f"the proxy did not start: {(await proxy.ended())[-2000:].strip()}")


def allow_many_files() -> None:
    """A thousand streams are two thousand sockets in a proxy: ask for what the system grants."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 16384 if hard == resource.RLIM_INFINITY else min(16384, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
