"""What a runner's command line says of how the model runs. Pure.

Only flags that are known are read, and only values of a closed form are kept: whole numbers, and
words of a list. Whatever else stands there, keys and paths among it, goes no further.

There are several kinds of runners. llama-server gets a context that it divides among its slots;
`ollama runner` does so too where it is told at all, and in later versions learns everything over
HTTP once it runs; the embedded engine's is told the context of one slot.
Source: Ollama llm/llama_server.go, llm/server.go, runner/llamarunner, x/mlxrunner; llama.cpp
common/arg.cpp; services/engine of this repository.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from gpu_exporter.ollama.runners import is_llama_server


class Kind(StrEnum):
    """Kinds of runners: values of a label."""

    LLAMA_SERVER = "llama-server"
    OLLAMA = "ollama"
    MLX = "mlx"
    ENGINE = "engine"


class Item(StrEnum):
    """What can be told of a runner. Values: keys of the JSON document."""

    CONTEXT = "context_tokens"
    """Of one request."""
    CONTEXT_TOTAL = "context_total_tokens"
    """Of all that run at the same time."""
    PARALLEL = "parallel_slots"
    BATCH = "batch_tokens"
    MICRO_BATCH = "micro_batch_tokens"
    THREADS = "threads"
    GPU_LAYERS = "gpu_layers"
    FLASH_ATTENTION = "flash_attention"
    CACHE_KEYS = "kv_cache_type_k"
    CACHE_VALUES = "kv_cache_type_v"


ON, OFF, AUTO, ALL = "on", "off", "auto", "all"
CACHE_TYPES = frozenset(
    ("f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"),
)
"""Source: llama.cpp common/arg.cpp, kv_cache_types."""

Value = int | str
Values = Mapping[Item, Value]

_WHOLE = re.compile(r"-?[0-9]{1,10}")
_MOST = 2**31 - 1
_ALL_LAYERS = 999
"""No model has so many: people write it for all of them."""

_FLASH_WORDS = {
    **dict.fromkeys(("on", "enabled", "true", "1"), ON),
    **dict.fromkeys(("off", "disabled", "false", "0"), OFF),
    **dict.fromkeys(("auto", "-1"), AUTO),
}


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What a command line says; what it does not is not in `values`.

    `unclear` are items that it says something of which is not understood, or leaves to the program.
    `is_embedding`: the process is for embeddings alone. `is_shared`: each slot may use all of the
    context.
    """

    kind: Kind
    values: Values = field(default_factory=dict)
    is_embedding: bool = False
    is_shared: bool = False
    unclear: frozenset[Item] = frozenset()


def count(text: str) -> int | None:
    """A whole number above 0; None for anything else, which often means that a program decides."""
    number = _whole(text)
    return number if number is not None and number > 0 else None


def layers(text: str) -> Value | None:
    """How many layers, `auto` or `all`; None for what is none of these."""
    if text in (AUTO, ALL):
        return text
    number = _whole(text)
    if number is None or number >= 0:
        return ALL if number is not None and number >= _ALL_LAYERS else number
    return AUTO if number == -1 else ALL


def flash(text: str) -> str | None:
    """`on`, `off` or `auto`, however llama.cpp lets one write it; None for anything else."""
    return _FLASH_WORDS.get(text)


def cache_type(text: str) -> str | None:
    """A type of the key-value cache; None for what llama.cpp does not know."""
    return text.lower() if text.lower() in CACHE_TYPES else None


READERS: Mapping[Item, Callable[[str], Value | None]] = {
    **dict.fromkeys((Item.CONTEXT, Item.CONTEXT_TOTAL, Item.PARALLEL, Item.BATCH), count),
    **dict.fromkeys((Item.MICRO_BATCH, Item.THREADS), count),
    Item.GPU_LAYERS: layers,
    Item.FLASH_ATTENTION: flash,
    **dict.fromkeys((Item.CACHE_KEYS, Item.CACHE_VALUES), cache_type),
}
"""Each makes a value of what was written, or None of what it does not know."""

_FLAGS: Mapping[str, tuple[Item, ...]] = {
    **dict.fromkeys(("c", "ctx-size"), (Item.CONTEXT_TOTAL,)),
    "context-tokens": (Item.CONTEXT,),
    **dict.fromkeys(("np", "parallel"), (Item.PARALLEL,)),
    **dict.fromkeys(("b", "batch-size"), (Item.BATCH,)),
    **dict.fromkeys(("ub", "ubatch-size"), (Item.MICRO_BATCH,)),
    "batch-tokens": (Item.BATCH, Item.MICRO_BATCH),
    **dict.fromkeys(("t", "threads"), (Item.THREADS,)),
    **dict.fromkeys(("ngl", "gpu-layers", "n-gpu-layers"), (Item.GPU_LAYERS,)),
    **dict.fromkeys(("fa", "flash-attn"), (Item.FLASH_ATTENTION,)),
    **dict.fromkeys(("ctk", "cache-type-k"), (Item.CACHE_KEYS,)),
    **dict.fromkeys(("ctv", "cache-type-v"), (Item.CACHE_VALUES,)),
    "kv-cache-type": (Item.CACHE_KEYS, Item.CACHE_VALUES),
}
_EMBEDDING = ("embedding", "embeddings")
_SHARED = ("kvu", "kv-unified")


def read(words: Sequence[str]) -> CommandLine:
    """What the words of a runner say. Of a flag that is given twice the last one counts."""
    kind = _kind(words)
    values: dict[Item, Value | None] = {}
    switches = set()
    for word, following in pairwise([*words, ""]):
        name, value = _flag(word)
        switches.add(name)
        for item in _FLAGS.get(name, ()):
            _take(values, item, following if value is None else value)
    return CommandLine(
        kind,
        {item: value for item, value in values.items() if value is not None},
        _is_embedding(kind, words, switches),
        _has(switches, _SHARED),
        frozenset(item for item, value in values.items() if value is None),
    )


def _take(values: dict[Item, Value | None], item: Item, text: str) -> None:
    found = READERS[item](text)
    if found is None and item is Item.FLASH_ATTENTION and (not text or text.startswith("-")):
        found = ON  # the runners of Ollama, and older servers, have a flag without a value
    values.pop(item, None)
    values[item] = found


def _flag(word: str) -> tuple[str, str | None]:
    """The name of a flag, and the value where that is in the same word."""
    if not word.startswith("-"):
        return "", None
    name, has_value, value = word.lstrip("-").partition("=")
    return name.replace("_", "-"), value if has_value else None


def _kind(words: Sequence[str]) -> Kind:
    if is_llama_server(words):
        return Kind.LLAMA_SERVER
    if list(words[1:2]) == ["-m"]:
        return Kind.ENGINE
    return Kind.MLX if "--mlx-engine" in words else Kind.OLLAMA


def _is_embedding(kind: Kind, words: Sequence[str], switches: set[str]) -> bool:
    if kind is Kind.ENGINE:
        return list(words[2:3]) == ["engine.e5.runner"]
    return _has(switches, _EMBEDDING)


def _has(switches: set[str], names: Sequence[str]) -> bool:
    return not switches.isdisjoint(names)


def _whole(text: str) -> int | None:
    number = int(text) if _WHOLE.fullmatch(text) else None
    return number if number is not None and abs(number) <= _MOST else None
