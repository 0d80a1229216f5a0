"""Every route and format of a real Ollama, chunk by chunk: the same with the proxy and without.

Each chunk that was recorded leaves the upstream only when the client has the one before it.
"""

import re

import pytest

from tests.conversations import Stage
from tests.fakes import captures
from tests.fakes.captures import Capture
from tests.moves import UPSTREAM_ENDS, Conversation, Move, answers, asks, chunk, conversation

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Its client leaves in mid-stream: test_conformance_broken.py has clients that leave.
NAMES = [name for name in captures.names() if captures.load(name).ended != "client closed"]


def recorded(capture: Capture) -> Conversation:
    """The exchange as it was sent and answered."""
    start = f"{capture.method} {capture.path} HTTP/1.1"
    lines = [start, *(f"{name}: {value}" for name, value in capture.headers.items())]
    length = f"Content-Length: {len(capture.request_body)}"  # bodies were shortened in recording
    lines = [re.sub(r"^Content-Length: .*", length, line) for line in lines]
    asked = asks("\r\n".join(lines).encode() + b"\r\n\r\n" + capture.request_body)
    return conversation(capture.name, asked, *answered(capture))


def answered(capture: Capture) -> list[Move]:
    """The recorded answer: head, chunks, and the end of the connection, which all asked for."""
    moves = [answers(capture.head + b"\r\n\r\n")]
    frame = chunk if capture.framing == "chunked" else bytes
    moves += [answers(frame(piece)) for _, piece in capture.chunks]
    if capture.framing == "chunked":
        moves.append(answers(b"0\r\n\r\n"))
    return [*moves, UPSTREAM_ENDS]


@pytest.mark.parametrize("name", NAMES)
async def test_a_recorded_exchange_passes_chunk_by_chunk(stage: Stage, name: str) -> None:
    await stage.compare(recorded(captures.load(name)))


async def test_all_recordings_are_held() -> None:
    assert len(NAMES) == 117
