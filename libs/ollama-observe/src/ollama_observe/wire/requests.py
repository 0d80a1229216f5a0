"""Facts read from a copy of a request body. The body itself is relayed untouched."""

from typing import Any, cast

import msgspec

from ollama_observe.wire.encodings import decoder_for
from ollama_observe.wire.forms import form_fields, is_form
from ollama_observe.wire.prompts import (
    PROMPT_LIMIT_BYTES,
    TEXT_FIELDS,
    collapsed_bytes,
    joined_text,
)
from ollama_observe.wire.records import UNREADABLE as _UNREADABLE
from ollama_observe.wire.records import count, member, raw_members, word

# Requests with pictures may be tens of MB: beyond this the model is taken from the answer.
# To read the facts of so many bytes takes 4 ms, in which no other request moves.
COPY_LIMIT_BYTES = 16 * 1024 * 1024

# A request below this fits any context that Ollama has by default, half of it too.
SHORT_BYTES = 2048

# Names that need no look at their letters.
_USUAL = frozenset(
    {
        *("model", "messages", "prompt", "input", "system", "stream", "options", "stream_options"),
        *("format", "tools", "think", "keep_alive", "max_tokens", "temperature", "top_p", "seed"),
    }
)
_SPECIAL = frozenset({"options", "stream_options", "truncate"})

# What a compressed body may grow to.
DECODED_LIMIT_BYTES = 4 * 1024 * 1024


class RequestFacts(msgspec.Struct, frozen=True, gc=False):
    """What a request body says. Fields are None when it does not say, or is not readable."""

    model: str | None = None
    include_usage: bool = False
    """OpenAI dialect: the client asked for token counts at the end of a stream."""
    stream: bool | None = None
    num_ctx: int | None = None
    """Native dialect: the size of the context, in tokens."""
    truncate: bool | None = None
    """Native dialect: False asks for an error instead of a prompt that is cut."""
    prompt_bytes: int | None = None
    """Of all text, runs of one character counted once; None for a prompt of more than text, for
    one so long that measuring it would hold up other requests, and for one so short that no
    context is too small for it."""


UNREADABLE = RequestFacts()

_any = msgspec.json.Decoder().decode


def read_request(
    body: bytes | bytearray, content_type: str = "", content_encoding: str = ""
) -> RequestFacts:
    """Read the facts of a request body: JSON, compressed or not, or a form. Never raises.

    UNREADABLE for anything else.
    """
    if content_encoding and content_encoding.strip().lower() != "identity":
        decoder = decoder_for(content_encoding, DECODED_LIMIT_BYTES)
        body = b"" if decoder is None else decoder.feed(bytes(body))
    if is_form(content_type):
        found = form_fields(body, content_type, "model", "stream")
        stream = {"true": True, "false": False}.get(found.get("stream", "").lower())
        return RequestFacts(found.get("model") or None, stream=stream)
    fields = top_fields(body)
    return UNREADABLE if fields is None else _read(fields, len(body))


def top_fields(body: bytes | bytearray) -> dict[str, msgspec.Raw | None] | None:
    """The members of a JSON object by their lower-case names; None where it is none.

    Ollama takes names in any case and the last one wins: a name that is written in two ways
    has the value None here, and which one counted, only the answer can say.
    """
    try:
        members = raw_members(body)
    except _UNREADABLE:
        return None
    is_plain = members.keys() <= _USUAL or all(
        name.islower() and name.isascii() for name in members
    )
    if is_plain:
        return cast("dict[str, msgspec.Raw | None]", members)
    fields: dict[str, msgspec.Raw | None] = {}
    for name, raw in members.items():
        folded = name.casefold()
        fields[folded] = None if folded in fields else raw
    return fields


def decoded(raw: msgspec.Raw | None) -> Any:
    """The value of a member; None where there is none, or none that can be read."""
    if raw is None:
        return None
    try:
        return _any(raw)
    except _UNREADABLE:
        return None


def prompt_text(body: bytes | bytearray) -> str | None:
    """All text that a request's JSON gives a model to read; None where there is more than text."""
    fields = top_fields(body)
    return None if fields is None else _prompt_text(fields)


def _read(fields: dict[str, msgspec.Raw | None], size: int) -> RequestFacts:
    model = word(decoded(fields.get("model")))
    if model is None and ("model" not in fields or fields["model"] is not None):
        # the older spelling, which /api/show, /api/pull and /api/delete still take
        model = word(decoded(fields.get("name")))
    stream = decoded(fields.get("stream"))
    if not isinstance(stream, bool):
        stream = None
    if size < SHORT_BYTES and _SPECIAL.isdisjoint(fields):  # as nearly all are
        return RequestFacts(model, stream=stream)
    truncate = decoded(fields.get("truncate"))
    num_ctx = count(member(decoded(fields.get("options")), "num_ctx")) or None
    is_measured = size <= PROMPT_LIMIT_BYTES and (num_ctx is not None or size >= SHORT_BYTES)
    return RequestFacts(
        model=model,
        include_usage=member(decoded(fields.get("stream_options")), "include_usage") is True,
        stream=stream,
        num_ctx=num_ctx,
        truncate=truncate if isinstance(truncate, bool) else None,
        prompt_bytes=_prompt_bytes(fields) if is_measured else None,
    )


def _prompt_bytes(fields: dict[str, msgspec.Raw | None]) -> int | None:
    text = _prompt_text(fields)
    return None if text is None else collapsed_bytes(text)


def _prompt_text(fields: dict[str, msgspec.Raw | None]) -> str | None:
    if decoded(fields.get("images")):
        return None
    return joined_text([decoded(fields[name]) for name in TEXT_FIELDS if name in fields])
