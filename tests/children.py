"""Model processes that follow a script, for tests of what stands around them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp

from engine.child import Child, Spec
from engine.errors import broken
from engine.library import Facts, Model
from engine.options import Placement

CEILING_SECONDS = 10.0
FACTS = Facts("digest", {"general.architecture": "x"}, "F16", "", [])


def model(name: str) -> Model:
    return Model(f"{name}:latest", Path(f"{name}.gguf"), size_bytes=1, modified_ns=1)


def spec(context_tokens: int = 64, parallel: int = 1) -> Spec:
    return Spec(
        path=Path("m.gguf"),
        placement=Placement(context_tokens, threads=1),
        parallel=parallel,
        last_pooling=True,
        library_dir=None,
        timeout_seconds=1.0,
    )


class ScriptedChild(Child):
    """A model process without a process. `answers` has what each path answers.

    A list is a stream of events; after its last one the process is gone, as in a crash.
    """

    def __init__(self, number: int, answers: Mapping[str, Any]) -> None:
        self.number = number
        self.asked: list[tuple[str, Any]] = []
        self.stopped = asyncio.Event()
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answers = answers

    @property
    def pid(self) -> int:
        return self.number

    @property
    def alive(self) -> bool:
        return not self._ended.done()

    def memory_bytes(self) -> int:
        return 1000

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def crash(self) -> None:
        self._ended.set_result(-9)

    async def stop(self) -> None:
        self.stopped.set()
        if self.alive:
            self._ended.set_result(0)

    @contextlib.asynccontextmanager
    async def post(
        self, path: str, body: Mapping[str, Any]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        self.asked.append((path, body))
        if not self.alive:
            raise broken()
        content = SimpleNamespace(iter_any=self._events)
        yield cast("aiohttp.ClientResponse", SimpleNamespace(content=content))

    async def _events(self) -> AsyncIterator[bytes]:
        for event in self._answers["/completion"]:
            yield b"data: " + json.dumps(event).encode() + b"\n\n"

    async def ask(self, path: str, body: Mapping[str, Any]) -> Any:
        self.asked.append((path, body))
        return self._answers[path]


class Starts:
    """Starts scripted processes. While `gate` is closed, they load."""

    def __init__(self, answers: Mapping[str, Any] | None = None) -> None:
        self.specs: list[Spec] = []
        self.children: list[ScriptedChild] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None
        self.cancelled = 0
        self._answers = answers or {}

    async def __call__(self, wanted: Spec) -> Child:
        self.specs.append(wanted)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure is not None:
            raise self.failure
        self.children.append(ScriptedChild(len(self.children) + 1, self._answers))
        return self.children[-1]

    @property
    def contexts(self) -> list[int]:
        """The context lengths that were loaded, in their order."""
        return [wanted.placement.context_tokens for wanted in self.specs]

    @property
    def alive(self) -> list[int]:
        return [child.number for child in self.children if child.alive]
