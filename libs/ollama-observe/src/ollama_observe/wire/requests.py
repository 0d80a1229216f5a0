"""Facts read from a copy of a request body. The body itself is relayed untouched."""

from dataclasses import dataclass
from typing import Any

import msgspec

# A request with images may be tens of MB; beyond this the model is taken from the answer.
COPY_LIMIT_BYTES = 32 * 1024 * 1024


class _Body(msgspec.Struct):
    model: Any = None
    name: Any = None
    stream_options: Any = None


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What a request body says. Fields are None when it does not say, or is not readable."""

    model: str | None = None
    include_usage: bool = False
    """OpenAI dialect: the client asked for token counts at the end of a stream."""


UNREADABLE = RequestFacts()

_decoder = msgspec.json.Decoder(_Body)


def read_request(body: bytes | bytearray) -> RequestFacts:
    """Read the facts of a JSON request body; UNREADABLE for anything else. Never raises."""
    if not body:
        return UNREADABLE
    try:
        found = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UNREADABLE
    # `name` is the older spelling that /api/show, /api/pull and /api/delete still take
    model = found.model if isinstance(found.model, str) and found.model else found.name
    options = found.stream_options
    return RequestFacts(
        model=model if isinstance(model, str) and model and not _is_twice(body) else None,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def _is_twice(body: bytes | bytearray) -> bool:
    """Ollama takes keys in any case, the last one wins: which model that is, its answer says."""
    return body.count(b'"model"') > 1 or body.lower().count(b'"model"') > 1
