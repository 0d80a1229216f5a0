"""Conditions that alerts are about, made to happen. Each lasts while its block runs."""

import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

from drill.asking import Load
from drill.keys import mistaken
from drill.running import pid_of
from drill.scenario import Condition
from drill.world import World
from tests.fakes.faults import Faults
from tests.fakes.impostor import impostor
from tests.fakes.library import file_of

_FILL = "fill"
_BLOCK_BYTES = 64 * 1024


def answers(
    load: Load,
    faults: Faults = Faults(),  # noqa: B008 (frozen)
    every_seconds: float = 1.0,
    patience_seconds: float = 15.0,
    **changes: int,
) -> Condition:
    """Somebody asks a model again and again, and it answers so."""

    @contextlib.asynccontextmanager
    async def condition(world: World) -> AsyncIterator[None]:
        with world.answering(load.model, faults, changes):
            async with world.asker.asking(
                load, every_seconds=every_seconds, patience_seconds=patience_seconds
            ):
                yield

    return condition


def healthy(models: tuple[str, ...]) -> Condition:
    """Every model is asked, and answers well."""

    @contextlib.asynccontextmanager
    async def condition(world: World) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for model in models:
                load = Load(model, questions=2, at_once=1)
                await stack.enter_async_context(world.asker.asking(load, every_seconds=1.5))
            yield

    return condition


def rivals(*models: str, every_seconds: float = 1.0) -> Condition:
    """Models that do not fit beside each other are asked in turn."""

    @contextlib.asynccontextmanager
    async def condition(world: World) -> AsyncIterator[None]:
        loads = (Load(model, questions=1) for model in models)
        world.memory.rivals = frozenset(models)
        try:
            async with world.asker.asking(*loads, every_seconds=every_seconds):
                yield
        finally:
            world.memory.rivals = frozenset()

    return condition


def offloaded(model: str, gpu_ratio: float) -> Condition:
    """Only a part of a model is on a card."""

    @contextlib.asynccontextmanager
    async def condition(world: World) -> AsyncIterator[None]:
        world.memory.gpu_ratios[model] = gpu_ratio
        try:
            yield
        finally:
            del world.memory.gpu_ratios[model]

    return condition


def one_slot(model: str) -> Condition:
    """A model's process has one slot, and Ollama was set to four."""

    @contextlib.asynccontextmanager
    async def condition(_: World) -> AsyncIterator[None]:
        runner = ("/usr/lib/ollama/llama-server", "--model", file_of(model), "-c", "4096")
        settings = {"OLLAMA_NUM_PARALLEL": "4"}
        with impostor(("/usr/bin/ollama", "serve"), settings, (*runner, "-np", "1")):
            yield

    return condition


def unknown_models(*models: str) -> Condition:
    """Models are asked that were never asked before."""

    @contextlib.asynccontextmanager
    async def condition(world: World) -> AsyncIterator[None]:
        world.fake.library.names += models
        loads = (Load(model, questions=1) for model in models)
        async with world.asker.asking(*loads, every_seconds=0.5):
            yield

    return condition


def stopped(part: str) -> Condition:
    """A part of the stack hangs: its process is stopped."""

    @contextlib.asynccontextmanager
    async def condition(world: World) -> AsyncIterator[None]:
        pid = await pid_of(world.stack, part)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    return condition


@contextlib.asynccontextmanager
async def ollama_gone(world: World) -> AsyncIterator[None]:
    """Nothing listens where Ollama was."""
    await world.server.stop()
    try:
        yield
    finally:
        await world.server.listen()


@contextlib.asynccontextmanager
async def keys_with_a_mistake(world: World) -> AsyncIterator[None]:
    """Somebody has edited the file of API keys, and it cannot be used."""
    with mistaken(world.keys):
        yield


def driver_told(word: str) -> Condition:
    """The driver of the cards does what a word says: tests/fakes/nvml/driver.c."""

    @contextlib.asynccontextmanager
    async def condition(world: World) -> AsyncIterator[None]:
        assert world.driver is not None
        with world.driver.told(word):
            yield

    return condition


@contextlib.asynccontextmanager
async def disk_filled(world: World) -> AsyncIterator[None]:
    """The models' file system is full but for one part in twenty."""
    assert world.disk is not None
    path = world.disk / _FILL
    try:
        _fill(path)
        yield
    finally:
        path.unlink(missing_ok=True)


def _fill(path: Path) -> None:
    state = os.statvfs(path.parent)
    left = state.f_bavail * state.f_frsize - state.f_blocks * state.f_frsize // 20
    with path.open("wb") as file:
        for _ in range(left // _BLOCK_BYTES):
            file.write(bytes(_BLOCK_BYTES))
