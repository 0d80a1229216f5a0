"""How long a context a model was made for: told by /api/show.

Source: Ollama docs/api.md, "Show Model Information": `model_info`.
"""

import msgspec

from ollama_observe.wire.records import UNREADABLE, Bytes, count


class _Shown(msgspec.Struct, gc=False):
    model_info: dict[str, msgspec.Raw] | None = None


_shown = msgspec.json.Decoder(_Shown).decode


def trained_context_in(body: Bytes) -> int | None:
    """The tokens of context that a shown model was trained for; None where that is not said.

    Never raises.
    """
    try:
        info = _shown(body).model_info or {}
        architecture = msgspec.json.decode(info.get("general.architecture", b"null"))
        told = msgspec.json.decode(info.get(f"{architecture}.context_length", b"null"))
    except UNREADABLE:
        return None
    return count(told) or None
