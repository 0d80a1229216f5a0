"""The answer of /api/version."""

import msgspec

from ollama_observe.wire.labels import as_label
from ollama_observe.wire.records import UNREADABLE, Bytes


class _Version(msgspec.Struct, gc=False):
    version: str


_version = msgspec.json.Decoder(_Version).decode


def version_in(body: Bytes) -> str:
    """Ollama's version; empty for a body that does not say. Never raises."""
    try:
        return as_label(_version(body).version)
    except UNREADABLE:
        return ""
