"""Fields of a multipart form, as an audio transcription is asked for."""

from email import message_from_bytes
from email.message import Message

from tests.fakes.server import Call


def fields(call: Call) -> dict[str, str]:
    """The form's text fields by name; its files are left out."""
    kind = (call.header("content-type") or "").encode("latin-1")
    parsed = message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + call.body)
    parts = [part for part in parsed.walk() if part is not parsed]
    return {_name(part): str(part.get_payload()) for part in parts if not part.get_filename()}


def _name(part: Message) -> str:
    return str(part.get_param("name", "", header="content-disposition"))
