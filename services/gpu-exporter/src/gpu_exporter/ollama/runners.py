"""Who a process is to Ollama, and which weights it has loaded, by what the kernel says of it.

A model's process is Ollama's own when Ollama is its parent: people run llama.cpp's server for
themselves, too. A process is looked at anew each time, because numbers of processes come again.
Source: Ollama llm/llama_server.go and runner/runner.go; services/engine of this repository.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath

from ollama_observe.wire.weights import weights_of

_INITIAL_NAMESPACE = "pid:[4026531836]"
"""The machine's own namespace of processes, on every Linux."""

_COMMAND_LIMIT_BYTES = 16 * 1024
_MODEL = "--model"

_OLLAMA, _OLD_RUNNER, _LLAMA_SERVER = "ollama", "ollama_llama_server", "llama-server"
_ENGINE, _ENGINE_RUNNER = ["-m", "engine"], ["-m", "engine.runner"]


class Role(StrEnum):
    """What a process is: values of a label."""

    RUNNER = "ollama_runner"
    OLLAMA = "ollama"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds memory. `weights` is as ollama_observe.wire.weights says; empty for
    one that is no runner, or does not say.
    """

    role: Role
    weights: str = ""


def holder(proc: Path, pid: int) -> Holder | None:
    """Who a process is; None where it cannot be seen: it is gone, hidden, or elsewhere.

    `proc` is /proc of the machine whose number `pid` is.
    """
    words = _command(proc, pid) if pid > 0 else None
    if words is None:
        return None
    if _is_runner(words) and _is_of_ollama(words, proc, pid):
        return Holder(Role.RUNNER, weights_of(_option(words)))
    return Holder(Role.OLLAMA if _is_ollama(words) else Role.OTHER)


def sees_all(proc: Path) -> bool:
    """Whether a driver lists all processes for us: we are in the machine's own namespace.

    Elsewhere it lists those of our container, which may be none.
    """
    try:
        return str((proc / "self" / "ns" / "pid").readlink()) == _INITIAL_NAMESPACE
    except OSError:
        return False


def _is_ollama(words: Sequence[str]) -> bool:
    """Whether it is Ollama, whatever it was told to do, or the embedded engine."""
    return _program(words) == _OLLAMA or _module(words) == _ENGINE


def _is_runner(words: Sequence[str]) -> bool:
    program = _program(words)
    if program == _OLLAMA:
        return words[1:2] == ["runner"]
    return program in (_OLD_RUNNER, _LLAMA_SERVER) or _module(words) == _ENGINE_RUNNER


def _is_of_ollama(words: Sequence[str], proc: Path, pid: int) -> bool:
    """Whether a runner is Ollama's: by its own name, or by its parent's."""
    if _program(words) in (_OLLAMA, _OLD_RUNNER):
        return True
    parent = _parent(proc, pid)
    return _is_ollama(_command(proc, parent) or []) if parent else False


def _program(words: Sequence[str]) -> str:
    return PurePath(words[0]).name if words else ""


def _module(words: Sequence[str]) -> list[str]:
    """What Python was told to run; of no meaning for other programs."""
    return list(words[1:3])


def _option(words: Sequence[str]) -> str:
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == _MODEL:
            return following
        if word.startswith(f"{_MODEL}="):
            return word.removeprefix(f"{_MODEL}=")
    return ""


def _command(proc: Path, pid: int) -> list[str] | None:
    """The words of a command line; none for a process that has ended and is not yet gone."""
    try:
        with (proc / str(pid) / "cmdline").open("rb") as file:
            line = file.read(_COMMAND_LIMIT_BYTES)
    except OSError:
        return None
    return line.rstrip(b"\0").decode(errors="replace").split("\0") if line else []


def _parent(proc: Path, pid: int) -> int:
    """The number of the parent; 0 where it is not known."""
    try:
        line = (proc / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return 0
    # the name of the program comes first, in brackets, and may hold anything
    fields = line.rpartition(")")[2].split()
    return int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else 0
