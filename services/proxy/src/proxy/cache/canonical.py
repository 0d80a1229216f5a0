"""Bodies of requests in the one form that all spellings of the same request share.

Pure. Two bodies with one form are the same request to Ollama; where that is not certain there is
no form.
"""

import json
from typing import Any

Fields = dict[str, Any]


def read_fields(body: bytes) -> Fields | None:
    """The members of a JSON object; None for anything that two readers could take differently.

    Ollama reads names in any case, and of a name that comes twice the last: a body in which the
    order of names matters has no form.
    """
    try:
        # as text, since Python would guess other encodings than UTF-8, which Ollama does not
        text = body.decode()
        found = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def canonical(fields: Fields) -> bytes | None:
    """Members in their form: sorted, without spaces; None where a number is none."""
    try:
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return text.encode("ascii")


def _members(pairs: list[tuple[str, Any]]) -> Fields:
    members = dict(pairs)
    if len({name.casefold() for name in members}) != len(pairs):
        raise ValueError("a name that comes twice")
    return members


def _refuse(found: str) -> Any:
    raise ValueError(f"{found} is no number of JSON")
