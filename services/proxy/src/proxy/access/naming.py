"""Which models a body names, for a key that may ask some only. Pure.

Ollama reads names of members in any case, and of several the last; others read them otherwise.
Who is held to certain models could say one to us and another to them, so that a body is taken
here only if it has one meaning for all readers: it is JSON, an object, no name is in it twice,
and the model's is spelled as the interfaces spell it. All else is refused, not interpreted.
Source: Go encoding/json, "Unmarshal"; JSON.parse of ECMAScript.
"""

import msgspec

from ollama_observe.wire.records import UNREADABLE, raw_members
from ollama_observe.wire.requests import decoded
from proxy.heads import RequestHead
from proxy.portkey.fields import OF_ONE, PREFIX

_MODEL, _OLDER = "model", "name"
_BETWEEN = str.maketrans("", "", "-_")

_IDENTITY = frozenset({b"", b"identity"})


class UnclearBody(ValueError):  # noqa: N818 (it is the body that is unclear)
    """It cannot be told which model a body names. The message says what was expected."""


def models_in(body: bytes, also_older: bool = False) -> list[str]:
    """The models that a body names: one, or two where its older spelling counts as well.

    Raises: UnclearBody.
    """
    try:
        members = raw_members(body)
    except UNREADABLE:
        raise UnclearBody("expected a JSON object") from None
    if _has_repeated(body, members):
        raise UnclearBody("expected each name once in the JSON object")
    wanted = (_MODEL, _OLDER) if also_older else (_MODEL,)
    for name in members:
        if name not in wanted and _folded(name) in wanted:
            raise UnclearBody(f"expected {' and '.join(wanted)} in lower case")
    found = [_text(members[name]) for name in wanted if name in members]
    named = [model for model in found if model]
    if not named:
        raise UnclearBody("expected the name of a model")
    return named


def check_head(head: RequestHead) -> None:
    """What of a head makes unclear which model is asked. Raises: UnclearBody."""
    for line in head.passing:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-encoding" and value.strip().lower() not in _IDENTITY:
            raise UnclearBody("expected a body that is not compressed")


def is_told_to_gateway(head: RequestHead) -> bool:
    """Whether a request has x-portkey-* headers that may choose what is asked, and where."""
    return any(name.startswith(PREFIX) and name not in OF_ONE for name in head.headers)


def _text(raw: msgspec.Raw) -> str:
    value = decoded(raw)
    if not isinstance(value, str):
        raise UnclearBody("expected a model's name as a text")
    return value


def _folded(name: str) -> str:
    """As loosely as any reader compares names: neither case nor dashes count."""
    return name.casefold().translate(_BETWEEN)


def _has_repeated(body: bytes, members: dict[str, msgspec.Raw]) -> bool:
    """Whether a name of the whole object comes twice: of two only the last is among the members,
    so that colons are missing. A name with a colon in it, which none has, cannot be counted.
    """
    if any(":" in name for name in members):
        return True
    return body.count(b":") != len(members) + sum(
        bytes(one).count(b":") for one in members.values()
    )
