"""Who a process is to Ollama, and which weights it has loaded, by what the kernel says of it.

A model's process is Ollama's own when Ollama is its parent: people run llama.cpp's server for
themselves, too.
Source: Ollama llm/llama_server.go and runner/runner.go; services/engine of this repository.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path, PurePath

from gpu_exporter.machine.processes import Processes, ProcFiles
from ollama_observe.wire.weights import weights_of

_INITIAL_NAMESPACE = "pid:[4026531836]"
"""The machine's own namespace of processes, on every Linux."""

_OLLAMA, _OLD_RUNNER, _LLAMA_SERVER = "ollama", "ollama_llama_server", "llama-server"
_SERVE = ("serve", "start")
_ENGINE = ["-m", "engine"]
_ENGINE_RUNNERS = (["-m", "engine.runner"], ["-m", "engine.e5.runner"])


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
    seen = ProcFiles(proc)
    words = seen.words(pid) if pid > 0 else None
    if words is None:
        return None
    if is_runner(words, seen, pid):
        return Holder(Role.RUNNER, weights_of(model_in(words)))
    return Holder(Role.OLLAMA if is_ollama(words) else Role.OTHER)


def sees_all(proc: Path) -> bool:
    """Whether a driver lists all processes for us: we are in the machine's own namespace.

    Elsewhere it lists those of our container, which may be none.
    """
    try:
        return str((proc / "self" / "ns" / "pid").readlink()) == _INITIAL_NAMESPACE
    except OSError:
        return False


def is_ollama(words: Sequence[str]) -> bool:
    """Whether it is Ollama, whatever it was told to do, or the embedded engine."""
    return _program(words) == _OLLAMA or is_engine(words)


def is_engine(words: Sequence[str]) -> bool:
    """Whether it is the embedded engine."""
    return _module(words) == _ENGINE


def is_server(words: Sequence[str]) -> bool:
    """Whether it is the process that answers Ollama's API."""
    if _program(words) == _OLLAMA:
        return len(words) > 1 and words[1] in _SERVE
    return is_engine(words)


def is_runner(words: Sequence[str], seen: Processes, pid: int) -> bool:
    """Whether it is a model's process that Ollama started: by its own name, or by its parent's."""
    if not _is_like_a_runner(words):
        return False
    if _program(words) in (_OLLAMA, _OLD_RUNNER):
        return True
    parent = seen.parent(pid)
    return is_ollama(seen.words(parent) or []) if parent else False


def model_in(words: Sequence[str]) -> str:
    """The model that a runner was told to load: a file, or for MLX a name; empty for none."""
    # -m is a module to Python, which runs the engine's
    flags = ("--model", "-m") if is_llama_server(words) else ("--model",)
    for word, following in pairwise([*words, ""]):
        flag, _, value = word.partition("=")
        if flag in flags:
            return following if word == flag else value
    return ""


def is_llama_server(words: Sequence[str]) -> bool:
    """Whether it is llama.cpp's own server, whoever started it."""
    return _program(words) == _LLAMA_SERVER


def _is_like_a_runner(words: Sequence[str]) -> bool:
    program = _program(words)
    if program == _OLLAMA:
        return list(words[1:2]) == ["runner"]
    return program in (_OLD_RUNNER, _LLAMA_SERVER) or _module(words) in _ENGINE_RUNNERS


def _program(words: Sequence[str]) -> str:
    return PurePath(words[0]).name if words else ""


def _module(words: Sequence[str]) -> list[str]:
    """What Python was told to run; of no meaning for other programs."""
    return list(words[1:3])
