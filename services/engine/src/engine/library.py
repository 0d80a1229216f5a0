"""The models there are, of a directory and the bundled one, and what their files say.

Facts are read once per state of a file (size and time of change) by a process of its own.
"""

import asyncio
import json
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from engine import names

_log = structlog.stdlib.get_logger("engine.library")


@dataclass(frozen=True, slots=True)
class Model:
    """A model file as it is now. Units: `modified_ns` since 1970."""

    name: str
    path: Path
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model file says about itself.

    `info` has the file's own keys; arrays are None unless they were asked for.
    """

    digest: str
    info: Mapping[str, Any]
    quantization: str
    chat_template: str
    tensors: list[dict[str, Any]]
    format: str = "gguf"

    @property
    def architecture(self) -> str:
        """The model's family, "llama" or "bert"."""
        return str(self.info.get("general.architecture", "unknown"))

    def of_architecture(self, key: str) -> Any:
        """A fact that the file keeps under its family's name; None when it keeps none."""
        return self.info.get(f"{self.architecture}.{key}")

    @property
    def context_limit(self) -> int:
        """The most tokens of context that the model was made for."""
        return self.size("context_length") or 2**31 - 1

    def size(self, key: str) -> int | None:
        """A count that the file keeps under its family's name; None when it is none."""
        value = self.of_architecture(key)
        return value if isinstance(value, int) and value > 0 else None

    @property
    def is_embedding_only(self) -> bool:
        """Whether the model is made for embeddings and cannot write text."""
        return self.of_architecture("pooling_type") is not None


class UnreadableModelError(Exception):
    """The file is no model; the message is a sentence with its path."""


class Library:
    """A directory of model files, and the model that comes with the engine."""

    def __init__(self, directory: Path, bundled: Model | None = None) -> None:
        self._directory = directory
        self._bundled = bundled
        self._facts: dict[tuple[Model, bool], asyncio.Future[Facts]] = {}

    def models(self) -> list[Model]:
        """The models there are now, the bundled one last; a file of its name replaces it."""
        found = self.dropped_in()
        if self._bundled is None or any(model.name == self._bundled.name for model in found):
            return found
        return [*found, self._bundled]

    def dropped_in(self) -> list[Model]:
        """The models of the directory, the one changed last first; it also wins its name."""
        found = [model for path in self._files() if (model := _model(path)) is not None]
        found.sort(key=lambda model: (-model.modified_ns, model.name, model.path))
        first: dict[str, Model] = {}
        for model in found:
            first.setdefault(model.name, model)
        return list(first.values())

    def _files(self) -> list[Path]:
        try:
            return list(self._directory.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            _log.error("models_unreadable", detail=str(error))
            return []

    def find(self, name: str) -> Model | None:
        """The model of that name, in any case and with or without the default tag."""
        wanted = names.canonical(name)
        return next((model for model in self.models() if model.name == wanted), None)

    async def facts(self, model: Model, *, verbose: bool = False) -> Facts:
        """What the file says. Raises UnreadableModelError."""
        key = (model, verbose)
        future = self._facts.get(key)
        if future is None:
            self._forget_older(model)
            future = asyncio.ensure_future(_read(model.path, verbose))
            self._facts[key] = future
        try:
            return await asyncio.shield(future)
        except UnreadableModelError:
            self._facts.pop(key, None)
            raise

    def _forget_older(self, model: Model) -> None:
        for known in [key for key in self._facts if key[0].path == model.path and key[0] != model]:
            del self._facts[known]

    async def check_bundled(self) -> None:
        """Do without the bundled model where it does not work here, and say why."""
        try:
            if self._bundled is not None:
                await self.facts(self._bundled)
        except UnreadableModelError as error:
            _log.warning("bundled_model_unusable", detail=str(error))
            self._bundled = None

    async def readable(self) -> list[tuple[Model, Facts]]:
        """Every model whose file can be read, with its facts; others are logged once a call."""
        found = []
        for model in self.models():
            try:
                found.append((model, await self.facts(model)))
            except UnreadableModelError as error:
                _log.warning("model_unreadable", detail=str(error))
        return found


def _model(path: Path) -> Model | None:
    name = names.of_file(path.name)
    if name is None:
        return None
    try:
        state = path.stat()
        return (
            Model(name, path.resolve(), state.st_size, state.st_mtime_ns)
            if stat.S_ISREG(state.st_mode)
            else None
        )
    except (OSError, RuntimeError):  # gone since it was listed, or a link that leads nowhere
        return None


async def _read(path: Path, verbose: bool) -> Facts:
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "engine.inspection", str(path)),
            *(("--verbose",) if verbose else ()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise UnreadableModelError(f"{path} cannot be read: {error}") from error
    output, complaint = await process.communicate()
    if process.returncode != 0:
        lines = complaint.decode(errors="replace").strip().splitlines()
        ended = f"{path} could not be read: exit code {process.returncode}"
        raise UnreadableModelError(lines[-1] if lines else ended)
    return Facts(**json.loads(output))
