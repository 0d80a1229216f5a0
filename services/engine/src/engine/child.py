"""One model process: started, asked over its Unix socket, ended."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from engine import errors, runner
from engine.options import Placement

_STOP_SECONDS = 2.0
_CONNECT_SECONDS = 5.0
_SOCKET = "m.sock"
_LONGEST_SOCKET_BYTES = 103  # macOS; Linux takes 107


class LoadFailedError(Exception):
    """The model process did not become ready; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Spec:
    """How to start a model process."""

    path: Path
    placement: Placement
    parallel: int
    last_pooling: bool
    library_dir: Path | None
    timeout_seconds: float
    module: str = "engine.runner"

    def arguments(self, socket: Path) -> list[str]:
        """The command line of `module`."""
        place = self.placement
        given: dict[str, Any] = {
            "--model": self.path,
            "--socket": socket,
            "--context-tokens": place.context_tokens,
            "--parallel": self.parallel,
            "--threads": place.threads,
            "--batch-tokens": place.batch_tokens,
            "--gpu-layers": place.gpu_layers,
        }
        if self.library_dir is not None:
            given["--library-dir"] = self.library_dir
        flags = ["--last-pooling"] if self.last_pooling else []
        return [str(part) for pair in given.items() for part in pair] + flags


class Child:
    """A running model process."""

    def __init__(self, process: asyncio.subprocess.Process, directory: Path, socket: Path) -> None:
        self._process = process
        self._directory = directory
        self._session = aiohttp.ClientSession(
            # a connection a request: llama.cpp drops idle ones, and closing one cancels its work
            connector=aiohttp.UnixConnector(str(socket), limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
            auto_decompress=False,
        )

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.returncode is None

    def memory_bytes(self) -> int:
        """Resident memory; 0 when the process has ended."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    async def wait(self) -> int:
        """Wait for the process to end; its exit code."""
        return await self._process.wait()

    @contextlib.asynccontextmanager
    async def post(
        self, path: str, body: Mapping[str, Any]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask, and read the answer inside the block; leaving it early cancels the work.

        Raises: StreamError when the model process refuses, or ends meanwhile.
        """
        try:
            async with self._session.post(f"http://model{path}", json=body) as response:
                if response.status != 200:
                    text = (await response.text()).strip()
                    raise errors.StreamError(response.status, text)
                yield response
        except (aiohttp.ClientError, ConnectionError) as error:
            raise errors.broken() from error

    async def ask(self, path: str, body: Mapping[str, Any]) -> Any:
        """Ask for one JSON answer. Raises StreamError."""
        async with self.post(path, body) as response:
            return json.loads(await response.read())

    async def stop(self) -> None:
        """End the process and give back its memory, socket and directory."""
        await self._session.close()
        await _end(self._process)
        shutil.rmtree(self._directory, ignore_errors=True)


async def start(spec: Spec) -> Child:
    """Start a model process and wait until it is ready. Raises LoadFailedError."""
    directory = private_directory()
    socket = directory / _SOCKET
    process: asyncio.subprocess.Process | None = None
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", spec.module, *spec.arguments(socket)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(spec.timeout_seconds):
            await _until_ready(process)
    except BaseException as error:
        if process is not None:
            await _end(process)
        shutil.rmtree(directory, ignore_errors=True)
        if isinstance(error, TimeoutError):
            raise LoadFailedError(
                f"timed out waiting for the model to load ({spec.timeout_seconds:g} s)"
            ) from error
        if isinstance(error, OSError):
            raise LoadFailedError(f"the model process cannot be started: {error}") from error
        raise
    return Child(process, directory, socket)


def private_directory(parent: Path | None = None) -> Path:
    """A directory for a socket that only we can enter, in the system's place for such.

    Raises: LoadFailedError when it cannot be made, or no socket's path fits.
    """
    try:
        directory = Path(tempfile.mkdtemp(prefix="engine-", dir=parent))
    except OSError as error:
        raise LoadFailedError(f"no directory for the model process's socket: {error}") from error
    length = len(os.fsencode(directory / _SOCKET))
    if length > _LONGEST_SOCKET_BYTES:
        directory.rmdir()
        raise LoadFailedError(
            f"a Unix socket's path has at most {_LONGEST_SOCKET_BYTES} bytes, but one in "
            f"{directory.parent} would have {length}: set TMPDIR to a shorter path"
        )
    return directory


async def _until_ready(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode(errors="replace").strip()
    if line == runner.READY:
        return
    if line.startswith(runner.FAILED):
        raise LoadFailedError(line.removeprefix(runner.FAILED))
    raise LoadFailedError(
        f"the model process ended while loading, exit code {await process.wait()}"
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
