"""The answer of /api/ps, to facts: which models are loaded, and how.

Source: Ollama docs/api.md, "List running models".
"""

from typing import Any

import msgspec

from ollama_observe.wire.models import normalise_model
from ollama_observe.wire.records import UNREADABLE, Bytes, count, word


class _Model(msgspec.Struct, gc=False):
    name: Any = None
    model: Any = None
    context_length: Any = None


class _Loaded(msgspec.Struct, gc=False):
    models: list[_Model] | None = None


_loaded = msgspec.json.Decoder(_Loaded).decode


def context_lengths(body: Bytes) -> dict[str, int]:
    """The size of each loaded model's context in tokens, by its normalised name.

    Empty for a body that cannot be read. Never raises.
    """
    try:
        models = _loaded(body).models or []
    except UNREADABLE:
        return {}
    sizes = {}
    for model in models:
        name, size = word(model.model) or word(model.name), count(model.context_length)
        if name and size:
            sizes[normalise_model(name)] = size
    return sizes
