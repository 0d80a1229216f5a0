"""Digests of models and of the files that hold their weights."""

import re

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


def digest_in(value: object) -> str:
    """The SHA-256 in a text, in hexadecimal; empty where there is none.

    Example: `/models/blobs/sha256-941f...` gives `941f...`, and so does `sha256:941f...`.
    """
    found = _DIGEST.search(value.lower()) if isinstance(value, str) else None
    return found[0] if found else ""
