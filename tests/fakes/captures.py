"""Exchanges recorded from a real Ollama, and a script that replays one of them.

The form of a file is told in captures/README.md.
"""

import asyncio
import base64
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.fakes.server import Call, Script

FOLDER = Path(__file__).parent / "captures" / "ollama"


@dataclass(frozen=True, slots=True)
class Capture:
    """One recorded exchange. Units: seconds since the request was sent."""

    name: str
    note: str
    method: str
    path: str
    headers: dict[str, str]
    request_body: bytes
    head: bytes
    """Status line and headers of the answer, without the blank line."""
    head_seconds: float
    framing: str
    chunks: tuple[tuple[float, bytes], ...]
    ended: str

    @property
    def status(self) -> int:
        """The status code of the answer."""
        return int(self.head.split(b" ", 2)[1])

    @property
    def body(self) -> bytes:
        """The whole body of the answer."""
        return b"".join(chunk for _, chunk in self.chunks)

    @property
    def content_type(self) -> str:
        """The answer's Content-Type; empty when it had none."""
        return self.response_headers.get("content-type", "")

    @property
    def response_headers(self) -> dict[str, str]:
        """The answer's headers by lower-case name; the last of duplicates."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}


def names() -> list[str]:
    """The names of all captures, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@cache
def load(name: str) -> Capture:
    """Read one capture by name."""
    recorded = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    request, response = recorded["request"], recorded["response"]
    return Capture(
        name=recorded["name"],
        note=recorded["note"],
        method=request["method"],
        path=request["path"],
        headers=request["headers"],
        request_body=_bytes(request["body"]),
        head=_with_true_length(response["head"].encode("latin-1"), response),
        head_seconds=response["head_seconds"],
        framing=response["framing"],
        chunks=tuple((at, _bytes(piece)) for at, piece in response["chunks"]),
        ended=response["ended"],
    )


def _with_true_length(head: bytes, response: dict[str, Any]) -> bytes:
    """Host names were replaced in the bodies after recording, which changed their lengths."""
    if response["framing"] != "content-length":
        return head
    length = sum(len(_bytes(piece)) for _, piece in response["chunks"])
    return re.sub(rb"(?i)(content-length: )\d+", b"\\g<1>%d" % length, head)


def _bytes(piece: Any) -> bytes:
    if isinstance(piece, str):
        return piece.encode()
    if isinstance(piece, dict) and "base64" in piece:
        return base64.b64decode(piece["base64"])
    if isinstance(piece, dict) and "bytes" in piece:
        return bytes(int(piece["bytes"]))
    return b""


def replay(capture: Capture, speed: float = 1.0) -> Script:
    """A script that answers any request with the recorded bytes, at the recorded pace.

    `speed` 2 is twice as fast; 0 is without waiting.
    """

    async def script(call: Call) -> None:
        await call.is_read.wait()
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def until(seconds: float) -> None:
            if speed:
                await asyncio.sleep(max(0.0, began + seconds / speed - loop.time()))

        await until(capture.head_seconds)
        await call.send(capture.head + b"\r\n\r\n")
        for seconds, piece in capture.chunks:
            await until(seconds)
            await (call.chunk if capture.framing == "chunked" else call.send)(piece)
        if capture.ended == "client closed":
            await call.peer_gone.wait()
        elif capture.framing == "chunked":
            await call.last_chunk()
        if b"connection: close" in capture.head.lower():
            call.close()

    return script
