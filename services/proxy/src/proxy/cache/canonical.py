"""Bodies of requests in the one form that all spellings of the same request share.

Pure. Two bodies with one form are the same request to Ollama; where that is not certain there is
no form. Spaces and escapes do not count, nor does the order of the members of the whole and of
its settings. Below them it does: of a schema in `format` it is the order in which the answer is
written, and tools are put into the prompt as they stand.
"""

from typing import Any

import msgspec

Fields = dict[str, Any]

_SETTINGS = ("options", "stream_options")
"""Objects of settings, each by its name: their order means nothing."""
_COLON = b"\\u003"
"""How a colon begins that is written out: what follows is an a, or an A."""

_decoder = msgspec.json.Decoder(Fields)
_encoder = msgspec.json.Encoder()


def read_body(body: bytes) -> tuple[Fields, bytes] | None:
    """The members of a JSON object, and its form; None for what two readers take differently.

    Of a name that comes twice Ollama reads the last, and of the others who knows.
    """
    try:
        fields = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    form = canonical(fields)
    if form is None or (_COLON in body and _COLON + b"a" in body.replace(b"A", b"a")):
        return None
    # a name that comes twice is there once, and with it a colon is gone: strings keep theirs
    return (fields, form) if form.count(b":") == body.count(b":") else None


def canonical(fields: Fields) -> bytes | None:
    """Members in their form; None where their names can be told apart by their case alone.

    Ollama reads names in any case, so that it would depend on their order what is read.
    """
    settings = {name: fields[name] for name in _SETTINGS if isinstance(fields.get(name), dict)}
    try:
        members = _sorted({**fields, **{name: _sorted(of) for name, of in settings.items()}})
        return _encoder.encode(members)
    except (ValueError, RecursionError):
        return None


def _sorted(members: Fields) -> Fields:
    if len({name.casefold() for name in members}) != len(members):
        raise ValueError("names that differ in their case alone")
    return dict(sorted(members.items()))
