"""What a request's body asks the scripted Ollama for: JSON, packed or not, or a form.

Source: the captures v1-chat-zstd-body, v1-chat-gzip-body, error-empty-body.
"""

import json
from email import message_from_bytes
from email.message import Message
from typing import Any

import zstandard

from tests.fakes.call import Call


def asked_of(call: Call) -> dict[str, Any]:
    """The request's body. Raises: ValueError, in Ollama's words as far as they matter."""
    if not call.body:
        raise ValueError("missing request body")
    if (call.header("content-type") or "").startswith("multipart/form-data"):
        return dict(_fields(call))
    body = call.body
    if call.target.startswith("/v1/") and call.header("content-encoding") == "zstd":
        try:
            body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
        except zstandard.ZstdError as error:
            raise ValueError(f"failed to decompress zstd body: {error}") from error
    asked = json.loads(body)
    if not isinstance(asked, dict):
        raise ValueError("json: cannot unmarshal into Go value")
    return asked


def _fields(call: Call) -> dict[str, str]:
    """The form's text fields by name; its files are left out."""
    kind = (call.header("content-type") or "").encode("latin-1")
    parsed = message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + call.body)
    parts = [part for part in parsed.walk() if part is not parsed]
    return {_name(part): str(part.get_payload()) for part in parts if not part.get_filename()}


def _name(part: Message) -> str:
    return str(part.get_param("name", "", header="content-disposition"))
