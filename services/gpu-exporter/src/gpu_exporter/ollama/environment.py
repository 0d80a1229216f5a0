"""What a process's environment says of how models run. Pure.

An environment holds secrets. Only the variables named here are kept, and of their values only
those of a closed form: whole numbers, switches, durations, words of a list. Of any other
no more is told than that it is not understood.
Source: Ollama envconfig/config.go; llama.cpp common/arg.cpp; services/engine of this repository.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gpu_exporter.ollama.command_lines import READERS, Item, Value, Values, cache_type

NOT_UNDERSTOOD = "not understood"

_NUMBER = re.compile(r"[0-9]{1,15}")
_DURATION = re.compile(r"-?[0-9]{1,12}|-?(?:[0-9]{1,12}(?:\.[0-9]{1,9})?(?:ns|us|ms|s|m|h)){1,6}")
_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")

# as Go's strconv.ParseBool
_SWITCHES = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), "true"),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), "false"),
}

Reader = Callable[[str], str | None]
"""Makes a text of closed form of what was set; None of what is not understood."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable that is set to something. `text` is fit to be shown; None: not understood."""

    name: str
    text: str | None

    @property
    def shown(self) -> str:
        """Its value, or that it has none that is understood."""
        return NOT_UNDERSTOOD if self.text is None else self.text


Settings = Mapping[str, Setting]
"""By name; what is not set is not there."""


def _number(text: str) -> str | None:
    return str(int(text)) if _NUMBER.fullmatch(text) else None


def _duration(text: str) -> str | None:
    return text if _DURATION.fullmatch(text) else None


def _seconds(text: str) -> str | None:
    return text if _SECONDS.fullmatch(text) else None


_OLLAMA: Mapping[str, Reader] = {
    "OLLAMA_CONTEXT_LENGTH": _number,
    "OLLAMA_FLASH_ATTENTION": _SWITCHES.get,
    "OLLAMA_GPU_OVERHEAD": _number,
    "OLLAMA_KEEP_ALIVE": _duration,
    "OLLAMA_KV_CACHE_TYPE": cache_type,
    "OLLAMA_LOAD_TIMEOUT": _duration,
    "OLLAMA_MAX_LOADED_MODELS": _number,
    "OLLAMA_MAX_QUEUE": _number,
    "OLLAMA_MULTIUSER_CACHE": _SWITCHES.get,
    "OLLAMA_NEW_ENGINE": _SWITCHES.get,
    "OLLAMA_NO_CLOUD": _SWITCHES.get,
    "OLLAMA_NUM_PARALLEL": _number,
    "OLLAMA_SCHED_SPREAD": _SWITCHES.get,
    "OLLAMA_VULKAN": _SWITCHES.get,
}

_ENGINE: Mapping[str, Reader] = {
    "ENGINE_CONTEXT_LENGTH": _number,
    "ENGINE_KEEP_ALIVE": _duration,
    "ENGINE_LOAD_TIMEOUT_SECONDS": _seconds,
    "ENGINE_MAX_LOADED_MODELS": _number,
    "ENGINE_MAX_QUEUE": _number,
    "ENGINE_NUM_PARALLEL": _number,
    "ENGINE_THREADS": _number,
}

NAMES = tuple(sorted((*_OLLAMA, *_ENGINE)))
"""All that is ever looked at of the process that answers Ollama's API."""

_RUNNER: Mapping[str, Item] = {
    "LLAMA_ARG_BATCH": Item.BATCH,
    "LLAMA_ARG_CACHE_TYPE_K": Item.CACHE_KEYS,
    "LLAMA_ARG_CACHE_TYPE_V": Item.CACHE_VALUES,
    "LLAMA_ARG_CTX_SIZE": Item.CONTEXT_TOTAL,
    "LLAMA_ARG_FLASH_ATTN": Item.FLASH_ATTENTION,
    "LLAMA_ARG_N_GPU_LAYERS": Item.GPU_LAYERS,
    "LLAMA_ARG_N_PARALLEL": Item.PARALLEL,
    "LLAMA_ARG_THREADS": Item.THREADS,
    "LLAMA_ARG_UBATCH": Item.MICRO_BATCH,
}


def of_ollama(block: bytes) -> Settings:
    """The settings of an Ollama, by its environment: names and values, each ended by a null."""
    return _settings(_OLLAMA, variables(block))


def of_engine(block: bytes, words: Sequence[str]) -> Settings:
    """The settings of an embedded engine, by its environment and, before that, its words."""
    return {**_settings(_ENGINE, variables(block)), **_settings(_ENGINE, flags(words))}


def of_runner(block: bytes) -> Values:
    """What llama-server takes from its environment where its command line does not say."""
    found: dict[Item, Value] = {}
    for name, text in variables(block):
        item = _RUNNER.get(name)
        value = READERS[item](_clean(text)) if item else None
        if item and value is not None:
            found.setdefault(item, value)
    return found


def _settings(readers: Mapping[str, Reader], given: Iterator[tuple[str, str]]) -> Settings:
    found: dict[str, Setting] = {}
    for name, text in given:
        cleaned = _clean(text)
        # of a name that is there twice the first counts; an empty value is none
        if name in readers and name not in found and cleaned:
            found[name] = Setting(name, readers[name](cleaned))
    return found


def variables(block: bytes) -> Iterator[tuple[str, str]]:
    """All that an environment holds: to look a name up in, and to keep nothing of."""
    for line in block.split(b"\0"):
        name, is_set, text = line.decode(errors="replace").partition("=")
        if is_set:
            yield name, text


def flags(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The engine's flags, as the variables that they stand for: likewise."""
    for word, following in pairwise([*words, ""]):
        if word.startswith("--"):
            flag, is_whole, text = word.removeprefix("--").partition("=")
            yield f"ENGINE_{flag.upper().replace('-', '_')}", text if is_whole else following


def _clean(text: str) -> str:
    """As Ollama does: without white space, and then quotes, around it."""
    return text.strip().strip("\"'")
