import asyncio
from typing import Any

import pytest

from engine import errors
from engine.errors import ApiError, Dialect, StreamError
from engine.exchanges import Answer, Exchange


class Wire:
    """An ASGI connection whose client leaves when told to."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, str]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    def header(self, name: bytes) -> bytes | None:
        return dict(self.sent[0]["headers"]).get(name)


async def test_the_work_is_cancelled_when_the_client_leaves() -> None:
    wire, begun, cancelled = Wire(), asyncio.Event(), asyncio.Event()

    async def work(_: Answer) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    exchange = asyncio.ensure_future(Exchange("test", work)({}, wire.receive, wire.send))
    await begun.wait()
    wire.gone.set()
    await exchange
    assert cancelled.is_set()
    assert wire.sent[0]["status"] == 499


async def test_a_failure_of_the_work_is_not_hidden() -> None:
    wire = Wire()

    async def work(_: Answer) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await Exchange("test", work)({}, wire.receive, wire.send)


@pytest.mark.parametrize(("size", "length"), [(2048, b"2048"), (2049, None)])
async def test_a_long_body_has_no_length_as_with_go(size: int, length: bytes | None) -> None:
    wire = Wire()
    await Answer(wire.send).whole(b"x" * size)
    assert wire.header(b"content-length") == length


async def test_headers_go_out_with_the_first_chunk() -> None:
    wire = Wire()
    answer = Answer(wire.send)
    assert not answer.started
    await answer.chunk(b"a", errors.NDJSON)
    await answer.chunk(b"b", errors.NDJSON)
    await answer.end()
    kinds = [message["type"] for message in wire.sent]
    assert kinds == ["http.response.start"] + ["http.response.body"] * 3
    assert [message.get("more_body", False) for message in wire.sent[1:]] == [True, True, False]


@pytest.mark.parametrize(
    ("error", "length"), [(ApiError(404, "x"), b"13"), (StreamError(400, "x"), None)]
)
async def test_a_refusal_of_the_stream_is_sent_in_chunks(
    error: ApiError, length: bytes | None
) -> None:
    wire = Wire()
    await Answer(wire.send).refuse(error, Dialect.NATIVE)
    assert wire.sent[0]["status"] == error.status
    assert wire.header(b"content-length") == length
