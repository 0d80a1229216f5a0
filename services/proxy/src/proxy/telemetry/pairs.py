"""Lists of `name=value`, by commas, with percent-encoded values: as OTLP's own variables have them.

Source: OpenTelemetry specification, "Specifying headers via environment variables".
"""

from collections.abc import Iterator
from urllib.parse import unquote_to_bytes


def pairs_of(text: str) -> Iterator[tuple[str, str]]:
    """Each name with its value; lines count as commas do, and the last of a name wins by order.

    Raises: ValueError that says which entry is wrong, and never what it holds.
    """
    entries = (part.strip() for part in text.replace("\n", ",").split(","))
    for number, entry in enumerate(filter(None, entries), 1):
        name, sign, value = entry.partition("=")
        if not sign or not name.strip():
            raise ValueError(f"expected name=value, found another entry {number}")
        try:
            yield name.strip(), unquote_to_bytes(value.strip()).decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError(
                f"expected a value in UTF-8, percent-encoded, found another in entry {number}"
            ) from None
