"""Lists of models in an answer: the frame that /api/ps and /api/tags have in common."""

from typing import Any

import msgspec

from ollama_observe.wire.models import normalise_model
from ollama_observe.wire.records import UNREADABLE, Bytes, count, word

Entry = dict[str, Any]
"""One model, as it was written."""

_LARGEST = 2**63 - 1


class _Listing(msgspec.Struct, gc=False):
    models: list[Any] | None


_listing = msgspec.json.Decoder(_Listing).decode


def entries(body: Bytes) -> list[tuple[str, Entry]] | None:
    """Normalised name and entry of each model that has a name; None where the body has no list.

    Never raises.
    """
    try:
        models = _listing(body).models
    except UNREADABLE:
        return None
    found = []
    for model in models or []:
        if isinstance(model, dict):
            name = normalise_model(word(model.get("model")) or word(model.get("name")) or "")
            if name:
                found.append((name, model))
    return found


def size(value: object) -> int | None:
    """A whole number that Go could have written; None for anything else."""
    found = count(value)
    return found if found is not None and found <= _LARGEST else None
