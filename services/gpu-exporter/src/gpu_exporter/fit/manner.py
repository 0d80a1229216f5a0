"""How a model would run: as was asked, else as Ollama is set to, else as it does by itself. Pure.

Source: Ollama server/sched.go, server/routes.go; docs/context-length.mdx.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gpu_exporter.fit.cache import CacheTypes, Slots
from gpu_exporter.fit.facts import ModelFacts
from gpu_exporter.fit.need import Manner, batch_tokens
from gpu_exporter.fit.question import MOST_CONTEXT_TOKENS, Asked
from gpu_exporter.ollama.command_lines import OFF, Item
from gpu_exporter.ollama.configuration import Configuration

_GIB = 2**30
_WHOLE = re.compile(r"[0-9]{1,15}")
_DEFAULT_TOKENS = 4096
_BY_VRAM = ((47 * _GIB, 262144), (23 * _GIB, 32768))
"""The default context by all memory of all cards."""

_ONE_AT_A_TIME = frozenset(
    (
        *("mllama", "qwen3vl", "qwen3vlmoe", "qwen35", "qwen35moe", "qwen3next"),
        *("lfm2", "lfm2moe", "nemotron_h", "nemotron_h_moe", "nemotron_h_omni"),
    )
)
"""Kinds that Ollama runs one request at a time of, whatever is set."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """How it would run, where its context is from in words, and what was assumed in sentences."""

    manner: Manner
    context_from: str
    notes: Sequence[str] = ()


def choose(
    asked: Asked,
    facts: ModelFacts,
    found: Configuration | None,
    vram_bytes: float,
    is_engine: bool = False,
) -> Chosen:
    """How a model would run. `vram_bytes` is all memory of all cards that Ollama may use."""
    notes = list[str]()
    told, origin = _context(asked, facts, found, vram_bytes, is_engine)
    context = min(told, facts.context_limit or told)
    if context < told:
        notes.append(
            f"the model was made for {context} tokens: Ollama cuts a context of {told} to that"
        )
    parallel = _parallel(asked, facts, found, is_engine, notes)
    slots = Slots(context, parallel)
    slots = Slots(context, parallel, batch_tokens(facts, slots, is_engine))
    types, has_flash = _types(asked, found), _has_flash(asked, found)
    if not has_flash and types.values != "f16":
        notes.append("without flash attention Ollama keeps f16, whatever type is set")
        types = CacheTypes()
    return Chosen(Manner(slots, types, has_flash, is_engine), origin, tuple(notes))


def as_loaded(
    name: str, context_tokens: int, chosen: Manner, facts: ModelFacts, found: Configuration | None
) -> Manner:
    """How a loaded model runs: as its process says where that is seen, else as it would now."""
    models = found.models if found else ()
    effective = next((one.effective for one in models if name in one.model.split("+")), None)
    parallel = (effective.number(Item.PARALLEL) if effective else None) or chosen.slots.parallel
    types = CacheTypes.of(effective.cache_type or "") if effective else None
    slots = Slots(context_tokens, parallel)
    batch = effective.number(Item.MICRO_BATCH) if effective else None
    batch = batch or batch_tokens(facts, slots, chosen.is_engine)
    flash = effective.word(Item.FLASH_ATTENTION) if effective else None
    has_flash = chosen.has_flash if flash is None else flash != OFF
    slots = Slots(context_tokens, parallel, batch)
    return Manner(slots, types or chosen.types, has_flash, chosen.is_engine)


def setting(found: Configuration | None, name: str) -> str:
    """What Ollama was set to by a variable; empty where that is not known, or it is not set."""
    settings = found.settings if found else None
    one = (settings or {}).get(name)
    return one.text or "" if one else ""


def number_set(found: Configuration | None, name: str) -> int:
    """The number that Ollama was set to; 0 where that is not known, or it is not set."""
    text = setting(found, name)
    return _whole(text)


def _whole(text: str) -> int:
    """The whole number that a text is; 0 where it is none, or has more digits than any."""
    return int(text) if _WHOLE.fullmatch(text) else 0


def _context(
    asked: Asked,
    facts: ModelFacts,
    found: Configuration | None,
    vram_bytes: float,
    is_engine: bool,
) -> tuple[int, str]:
    """The context, and where it is from."""
    if asked.context_tokens is not None:
        return asked.context_tokens, "asked for"
    if of_model := _whole(facts.parameters.get("num_ctx", "")):
        return min(of_model, MOST_CONTEXT_TOKENS), "num_ctx of the model"
    name = "ENGINE_CONTEXT_LENGTH" if is_engine else "OLLAMA_CONTEXT_LENGTH"
    if of_server := number_set(found, name):
        return min(of_server, MOST_CONTEXT_TOKENS), name
    if is_engine:
        return _DEFAULT_TOKENS, "the embedded engine's default"
    tokens = next((size for least, size in _BY_VRAM if vram_bytes >= least), _DEFAULT_TOKENS)
    return tokens, f"Ollama's default with {vram_bytes / 1e9:.0f} GB on cards"


def _parallel(
    asked: Asked,
    facts: ModelFacts,
    found: Configuration | None,
    is_engine: bool,
    notes: list[str],
) -> int:
    wanted = asked.parallel
    if wanted is None:
        name = "ENGINE_NUM_PARALLEL" if is_engine else "OLLAMA_NUM_PARALLEL"
        wanted = number_set(found, name) or 1
    is_single = facts.is_for_embeddings or facts.architecture in _ONE_AT_A_TIME
    if is_single and not is_engine and wanted > 1:
        kind = "for embeddings" if facts.is_for_embeddings else f"of kind {facts.architecture}"
        notes.append(f"Ollama runs models {kind} one request at a time, whatever is set")
        return 1
    return wanted


def _types(asked: Asked, found: Configuration | None) -> CacheTypes:
    if asked.types is not None:
        return asked.types
    return CacheTypes.of(setting(found, "OLLAMA_KV_CACHE_TYPE")) or CacheTypes()


def _has_flash(asked: Asked, found: Configuration | None) -> bool:
    if asked.has_flash is not None:
        return asked.has_flash
    return setting(found, "OLLAMA_FLASH_ATTENTION") != "false"
