"""One field of a form with files (multipart/form-data): the body is not taken apart.

Source: RFC 7578; RFC 2046, 5.1.1.
"""

import re

# A part's head is two lines, the fields asked for are words.
HEAD_LIMIT_BYTES = 4 * 1024
VALUE_LIMIT_BYTES = 1024
PART_LIMIT = 64

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,70})"|([^\s";]{1,70}))', re.IGNORECASE)
_NAME = re.compile(
    rb'^content-disposition:[^\r\n]*;[ \t]*name=(?:"([^"\r\n]*)"|([^\s";]+))',
    re.IGNORECASE | re.MULTILINE,
)


def is_form(content_type: str) -> bool:
    """Whether a body with this Content-Type is a form with files."""
    return content_type.lstrip().lower().startswith("multipart/form-data")


def form_fields(body: bytes | bytearray, content_type: str, *names: str) -> dict[str, str]:
    """The named fields that the form has; of a field that comes twice the first.

    A file is passed over by its boundary, whatever its size. A broken form gives what comes
    before it breaks. Never raises.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        return {}
    mark = b"--" + (found[1] or found[2]).encode("utf-8", "replace")
    fields: dict[str, str] = {}
    at = body.find(mark)
    for _ in range(PART_LIMIT):
        head_at = at + len(mark)
        head_end = body.find(b"\r\n\r\n", head_at, head_at + HEAD_LIMIT_BYTES)
        end = body.find(b"\r\n" + mark, head_end)
        if at < 0 or head_end < 0 or end < 0:
            break
        name = _name(bytes(body[head_at : head_end + 2]))
        if name in names and end - head_end - 4 <= VALUE_LIMIT_BYTES:
            fields.setdefault(name, body[head_end + 4 : end].decode("utf-8", "replace"))
        at = end + 2
    return fields


def _name(head: bytes) -> str:
    found = _NAME.search(head)
    return "" if found is None else (found[1] or found[2] or b"").decode("utf-8", "replace")
