"""A real Portkey gateway in a process of its own, for tests and measurements."""

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.components import need
from tests.ports import free_port

REPOSITORY = Path(__file__).resolve().parents[1]
_FOLDER = REPOSITORY / ".local" / "portkey"
_PORTKEY = REPOSITORY / "portkey"
_SERVER = Path("node_modules/@portkey-ai/gateway/build/start-server.js")
_START_SECONDS = 30.0
_INSTALL_SECONDS = 300.0
_INSTALL = "npm install --omit=dev --no-package-lock --ignore-scripts --no-audit --no-fund --silent"


def gateway_folder() -> Path:
    """Where the gateway is installed, now if it was not; skips the test without Node."""
    has_node = bool(shutil.which("node") and shutil.which("npm"))
    need("node", has_node, "install the packages nodejs and npm")
    if not (_FOLDER / _SERVER).is_file():
        _FOLDER.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / "portkey" / "package.json", _FOLDER)
        subprocess.run(_INSTALL.split(), cwd=_FOLDER, check=True, timeout=_INSTALL_SECONDS)
    return _FOLDER


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
        *("node", *preloaded, str(folder / _SERVER)),
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
