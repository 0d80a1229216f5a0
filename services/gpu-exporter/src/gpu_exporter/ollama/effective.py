"""What is in force for a model: by its runner's command line, and by what else is known. Pure.

What cannot be told is left out. Never is a guess made of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gpu_exporter.ollama.command_lines import (
    AUTO,
    OFF,
    CommandLine,
    Item,
    Kind,
    Value,
    Values,
)

_F16 = "f16"


class Origin(StrEnum):
    """Who says so. Values stand in the JSON document."""

    COMMAND_LINE = "command line"
    ENVIRONMENT = "environment of the runner"
    API = "/api/ps"
    DEFAULT = "default of the runner"


@dataclass(frozen=True, slots=True)
class Known:
    """A value that is in force, and who says so."""

    value: Value
    origin: Origin


@dataclass(frozen=True, slots=True)
class Effective:
    """What is known of a runner. `is_embedding`: it is for embeddings alone."""

    kind: Kind
    known: Mapping[Item, Known] = field(default_factory=dict)
    is_embedding: bool = False

    def number(self, item: Item) -> int | None:
        """A value that is a number; None where it is not known, or a word."""
        value = self.known[item].value if item in self.known else None
        return value if isinstance(value, int) else None

    def word(self, item: Item) -> str | None:
        """A value as a word; None where it is not known."""
        return str(self.known[item].value) if item in self.known else None

    @property
    def cache_type(self) -> str | None:
        """The type of the key-value cache, of keys and values where they differ."""
        keys, values = self.word(Item.CACHE_KEYS), self.word(Item.CACHE_VALUES)
        if keys is None or values is None:
            return None
        return keys if keys == values else f"{keys}/{values}"


def effective(
    line: CommandLine, environment: Values | None, context_tokens: int | None
) -> Effective:
    """What is in force, the command line first.

    `environment` is the runner's; None: it cannot be read. `context_tokens` is what /api/ps says
    of one request; None: nothing.
    """
    known = _all(line.values, Origin.COMMAND_LINE)
    if line.kind is Kind.LLAMA_SERVER:
        known = _all(environment or {}, Origin.ENVIRONMENT) | known
    known = _all(_defaults(line), Origin.DEFAULT) | known
    # what the words do not say clearly they say nevertheless: nothing else takes its place
    known = {item: value for item, value in known.items() if item not in line.unclear}
    known |= _contexts(line, known)
    if Item.CONTEXT not in known and context_tokens is not None:
        known[Item.CONTEXT] = Known(context_tokens, Origin.API)
    return Effective(line.kind, known, line.is_embedding)


def _defaults(line: CommandLine) -> Values:
    """What a runner does where nobody tells it otherwise, as far as that is one thing."""
    if line.kind is Kind.LLAMA_SERVER:
        return {Item.CACHE_KEYS: _F16, Item.CACHE_VALUES: _F16, Item.GPU_LAYERS: AUTO}
    if line.kind is Kind.ENGINE and not line.is_embedding:
        return {Item.CACHE_KEYS: _F16, Item.CACHE_VALUES: _F16, Item.FLASH_ATTENTION: AUTO}
    # `ollama runner` without a context is told over HTTP what it is to do
    if line.kind is Kind.OLLAMA and Item.CONTEXT_TOTAL in line.values:
        cache = {Item.CACHE_KEYS: _F16, Item.CACHE_VALUES: _F16}
        return {**cache, Item.FLASH_ATTENTION: OFF, Item.GPU_LAYERS: 0}
    return {}


def _contexts(line: CommandLine, known: Mapping[Item, Known]) -> dict[Item, Known]:
    """The context of one request from that of all, or the other way about."""
    one, total = known.get(Item.CONTEXT), known.get(Item.CONTEXT_TOTAL)
    parallel = known.get(Item.PARALLEL)
    slots = parallel.value if parallel and isinstance(parallel.value, int) else None
    if line.kind is Kind.MLX or line.is_shared:
        slots = 1
    if slots is None:
        return {}
    if total and one is None and isinstance(total.value, int):
        return {Item.CONTEXT: Known(total.value // slots, total.origin)}
    if one and total is None and isinstance(one.value, int):
        return {Item.CONTEXT_TOTAL: Known(one.value * slots, one.origin)}
    return {}


def _all(values: Values, origin: Origin) -> dict[Item, Known]:
    return {item: Known(value, origin) for item, value in values.items()}
