"""A stack for the drill alone: in a folder and on ports of its own, with shortened times."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT

from ollama_observe.service.tasks import spawn
from tests.stacks import Stack, own_stack

TIME_SCALE = 1 / 60
"""Five minutes, the shortest window, are five seconds then: five scrapes."""

_SETTINGS = {
    "GPU_EXPORTER_GPU_INTERVAL_SECONDS": "0.5",
    "GPU_EXPORTER_HOST_INTERVAL_SECONDS": "0.5",
    "GPU_EXPORTER_OLLAMA_INTERVAL_SECONDS": "0.5",
    "PROMETHEUS_RULES_TIME_SCALE": f"{TIME_SCALE:.6f}",
    "PROMETHEUS_SCRAPE_INTERVAL_SECONDS": "1",
    "PROXY_DRAIN_SECONDS": "2",
    "SLO_TTFT_SECONDS": "0.25",
}


class DrillError(Exception):
    """The stack does not do as it is told; the message is what it said."""


@contextlib.asynccontextmanager
async def running_stack(
    state: Path, ollama_url: str, with_gateway: bool, more: Mapping[str, str]
) -> AsyncIterator[Stack]:
    """Start it, and stop it whatever happens. `more` are further variables.

    Raises: DrillError, SettingsError.
    """
    stack = own_stack(state, {"OLLAMA_URL": ollama_url, **_SETTINGS, **more})
    verb = "start-with-portkey" if with_gateway else "start"
    try:
        code, said = await _command(stack, verb)
        if code != 0 or "prometheus" not in await _pids(stack):
            raise DrillError(f"the stack for the drill did not start:\n{said}")
        yield stack
    finally:
        code, said = await _command(stack, "stop")
        # what went wrong first is what to tell
        if code != 0 and not isinstance(sys.exception(), DrillError):
            raise DrillError(f"the stack for the drill did not stop:\n{said}")


async def pid_of(stack: Stack, part: str) -> int:
    """The process of a part. Raises: DrillError where it has none."""
    pid = (await _pids(stack)).get(part)
    if pid is None:
        raise DrillError(f"{part} does not run")
    return pid


async def _pids(stack: Stack) -> dict[str, int]:
    _, said = await _command(stack, "status", "--json", errors=DEVNULL)
    return {part["name"]: part["pid"] for part in json.loads(said)["parts"] if part["pid"]}


async def _command(stack: Stack, *words: str, errors: int = STDOUT) -> tuple[int | None, str]:
    """Run a verb to its end, also where we are told to stop meanwhile: half a start stops badly."""
    task = spawn(_run(stack, words, errors), name=f"stack {words[0]}")
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def _run(stack: Stack, words: tuple[str, ...], errors: int) -> tuple[int | None, str]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "stack", *words),
        env=stack.environment(),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=errors,
        start_new_session=True,  # Ctrl-C is for us; we tell it to stop
    )
    said, _ = await child.communicate()
    return child.returncode, said.decode(errors="replace")
