"""What conditions act upon: the scripted Ollama, the running stack, the driver, a small disk."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drill.asking import Asker
from tests.fakes.faults import Faults
from tests.fakes.memory import Memory
from tests.fakes.nvml import Driver
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer
from tests.stacks import Stack


@dataclass(frozen=True, slots=True)
class World:
    """`driver` and `disk`, a folder that is a file system of its own, are None where not needed.

    `keys` is the proxy's file of API keys.
    """

    fake: FakeOllama
    memory: Memory
    server: ScriptedServer
    stack: Stack
    asker: Asker
    keys: Path
    driver: Driver | None
    disk: Path | None

    @contextlib.contextmanager
    def answering(self, model: str, faults: Faults, changes: Mapping[str, Any]) -> Iterator[None]:
        """Let one model answer otherwise while the block runs. `changes` are fields of Model."""
        before = self.fake.models[model]
        self.fake.models[model] = replace(before, **changes)
        self.fake.faults_of[model] = faults
        try:
            yield
        finally:
            self.fake.models[model] = before
            del self.fake.faults_of[model]


def fake_ollama(models: tuple[str, ...]) -> FakeOllama:
    """An Ollama that has these models. It writes a hundred tokens a second, it says."""
    return FakeOllama(
        Model(models[0]), models={name: Model(name) for name in models}, memory=Memory()
    )
