"""`python -m proxy` on free ports, for tests and measurements."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO

import aiohttp

from tests.ports import free_port

WITHIN_SECONDS = 60.0


@dataclass(slots=True)
class ProxyProcess:
    """`python -m proxy` on free ports. Its log goes to a file: nobody reads a pipe."""

    child: asyncio.subprocess.Process
    log: IO[bytes]
    port: int
    control_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{self.control_port}{path}") as answer:
                return answer.status, await answer.text()

    async def until_ready(self) -> None:
        async with asyncio.timeout(WITHIN_SECONDS):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    if (await self.get("/ready"))[0] == 200:
                        return
                await asyncio.sleep(0.05)

    async def ended(self) -> str:
        """Wait for the end; what it logged."""
        async with asyncio.timeout(WITHIN_SECONDS):
            await self.child.wait()
        self.log.seek(0)
        return self.log.read().decode()


@contextlib.asynccontextmanager
async def proxy_process(ollama_url: str, **variables: str) -> AsyncIterator[ProxyProcess]:
    port, control_port = free_port(), free_port()
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PROXY_")}  # noqa: TID251
    told = {
        "PROXY_PORT": str(port),
        "PROXY_CONTROL_PORT": str(control_port),
        "PROXY_OLLAMA_URL": ollama_url,
        **variables,
    }
    with tempfile.TemporaryFile() as log:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "proxy", env={**clean, **told}, stderr=log
        )
        try:
            yield ProxyProcess(child, log, port, control_port)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
