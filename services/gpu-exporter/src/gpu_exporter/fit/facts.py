"""What a model is made of: read from /api/show. Pure, never raises.

Ollama tells single numbers of a model's metadata, and null in place of every list. What a list
would say (key-value heads that differ from layer to layer) can be read off the shapes of the
tensors, which are told.
Source: Ollama docs/api.md, "Show Model Information"; server/routes.go, `getModelData`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ollama_observe.wire.labels import as_label
from ollama_observe.wire.locations import says_remote
from ollama_observe.wire.records import UNREADABLE, Bytes, member, word

_ARCHITECTURE = "general.architecture"
_LARGEST = 2**53
"""What is larger is no size of a model's."""
_MOST_DIMENSIONS = 8
"""ggml has four."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor: its name, ggml's name of its type, its shape with the innermost dimension first."""

    name: str
    type: str
    shape: tuple[int, ...]

    @property
    def values(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What /api/show says of a model; what it does not say is empty or not there.

    `numbers` are of the metadata, without the architecture before them: `block_count`,
    `attention.head_count`. `lists` are names whose value is a list, which is not told.
    `parameters` are those of the Modelfile. `is_remote`: another host computes it.
    """

    architecture: str
    numbers: Mapping[str, int] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    tensors: Sequence[Tensor] = ()
    capabilities: frozenset[str] = frozenset()
    format: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    has_projector: bool = False
    is_remote: bool = False

    def number(self, *names: str) -> int | None:
        """The first of these numbers that is told and is not 0."""
        return next((found for name in names if (found := self.numbers.get(name))), None)

    @property
    def context_limit(self) -> int | None:
        """The longest context that it was made for, in tokens."""
        return self.number("context_length")

    @property
    def is_for_embeddings(self) -> bool:
        """Whether it gives vectors, and no text."""
        if "pooling_type" in self.numbers:
            return True
        return bool(self.capabilities) and "completion" not in self.capabilities


class _Shown(msgspec.Struct, gc=False):
    model_info: Any = None
    details: Any = None
    tensors: Any = None
    capabilities: Any = None
    parameters: Any = None
    projector_info: Any = None
    remote_host: Any = None
    remote_model: Any = None


_shown = msgspec.json.Decoder(_Shown).decode


def read_facts(body: Bytes) -> ModelFacts | None:
    """The facts of a model that was shown; None for a body that shows none."""
    try:
        shown = _shown(body)
    except UNREADABLE:
        return None
    info = shown.model_info if isinstance(shown.model_info, dict) else {}
    architecture = word(info.get(_ARCHITECTURE)) or word(member(shown.details, "family")) or ""
    own = {
        name.removeprefix(f"{architecture}."): value
        for name, value in info.items()
        if name.startswith(f"{architecture}.")
    }
    return ModelFacts(
        as_label(architecture),
        {name: number for name, value in own.items() if (number := _number(value)) is not None},
        frozenset(name for name, value in own.items() if value is None or isinstance(value, list)),
        tuple(filter(None, map(_tensor, _items(shown.tensors)))),
        frozenset(filter(None, map(word, _items(shown.capabilities)))),
        as_label(member(shown.details, "format")),
        _parameters(word(shown.parameters) or ""),
        bool(shown.projector_info),
        says_remote(shown.remote_host, shown.remote_model),
    )


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _number(value: object) -> int | None:
    """A whole number of 0 and more; of a switch 0 or 1."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return int(value) if isinstance(value, int) and 0 <= value <= _LARGEST else None


def _tensor(entry: object) -> Tensor | None:
    name, kind = word(member(entry, "name")), word(member(entry, "type"))
    shape = member(entry, "shape")
    if name is None or kind is None or not isinstance(shape, list):
        return None
    if not 1 <= len(shape) <= _MOST_DIMENSIONS:
        return None
    numbers = tuple(found for size in shape if (found := _number(size)) is not None)
    whole = len(numbers) == len(shape) and 0 <= math.prod(numbers) <= _LARGEST
    return Tensor(name, kind.upper(), numbers) if whole else None


def _parameters(text: str) -> dict[str, str]:
    """The Modelfile's: a name and a value a line, of which the first of a name counts."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.strip().partition(" ")
        found.setdefault(name, value.strip())
    return found
