"""A real Portkey gateway in a process of its own, for tests and measurements."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from stack.parts import GATEWAY_SCRIPT
from stack.places import REPOSITORY, places_of
from stack.portkey import package
from stack.settings import StackSettings
from tests.components import need
from tests.ports import free_port

_PORTKEY = REPOSITORY / "portkey"
_START_SECONDS = 30.0


def gateway_folder() -> Path:
    """Where the gateway is installed, now if it was not; skips the test without Node.

    Raises: StackError where it cannot be had.
    """
    has_node = bool(shutil.which("node") and shutil.which("npm"))
    need("node", has_node, "install the packages nodejs and npm")
    places = places_of(StackSettings())
    package.ensure(places)
    return places.portkey


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """A gateway that answers. `process` may be stopped, killed or sent to sleep."""

    url: str
    port: int
    process: asyncio.subprocess.Process


@contextlib.asynccontextmanager
async def running_gateway(
    port: int | None = None, is_steady: bool = False
) -> AsyncIterator[RunningGateway]:
    """Run a gateway on a port of loopback, a free one unless told.

    `is_steady`: as the stack runs it; else as it comes, but for where it listens.
    """
    folder = gateway_folder()
    chosen = port or free_port()
    files = ("loopback", "steady") if is_steady else ("loopback",)
    preloaded = [word for f in files for word in ("--require", str(_PORTKEY / f"{f}.cjs"))]
    process = await asyncio.create_subprocess_exec(
        *("node", *preloaded, str(folder / GATEWAY_SCRIPT)),
        *(f"--port={chosen}", "--host=127.0.0.1", "--headless"),
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    gateway = RunningGateway(f"http://127.0.0.1:{chosen}", chosen, process)
    try:
        await _until_ready(gateway)
        yield gateway
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _until_ready(gateway: RunningGateway) -> None:
    async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{gateway.url}/") as answer:
                    if answer.status == 200:
                        return
            if gateway.process.returncode is not None:
                raise RuntimeError(f"the gateway ended with {gateway.process.returncode}")
            await asyncio.sleep(0.05)
