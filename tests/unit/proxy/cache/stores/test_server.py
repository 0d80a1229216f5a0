"""The store in a server, where there is no server of its kind; the rest needs a real one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from proxy.cache.stores.addresses import read_address
from proxy.cache.stores.server import ServerStore, client_of
from proxy.cache.stores.store import Bounds, StoreError
from tests.caches import NOW, Gone, a_key, an_entry
from tests.ports import free_port

BOUNDS = Bounds(10, 100_000, 60.0)


@contextlib.asynccontextmanager
async def _answering(answer: bytes, echoes: bool = False) -> AsyncIterator[str]:
    """A server that says the same to whatever it is sent."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(answer + (data if echoes else b""))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"redis://:s3cret@127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _refusal(url: str) -> str:
    store = ServerStore(read_address(url), BOUNDS, Gone())
    try:
        with pytest.raises(StoreError) as raised:
            await store.put(a_key(1), an_entry(b"an answer of a model"), None, NOW)
    finally:
        await store.close()
    assert raised.value.__suppress_context__
    return str(raised.value)


async def test_one_that_is_not_there_is_a_sentence() -> None:
    port = free_port()
    said = await _refusal(f"redis://me:s3cret@127.0.0.1:{port}/3")
    assert said.startswith(f"127.0.0.1:{port}/3 cannot be reached")
    assert "s3cret" not in said


@pytest.mark.parametrize("echoes", [False, True])
async def test_one_of_another_protocol_is_a_sentence_without_what_it_said(echoes: bool) -> None:
    async with _answering(b"HTTP/1.1 400 Bad Request\r\n\r\n", echoes) as url:
        said = await _refusal(url)
    assert said.endswith("answers, but not as Redis or Valkey does")


async def test_a_wrong_password_is_a_sentence() -> None:
    async with _answering(b"-WRONGPASS invalid username-password pair\r\n") as url:
        assert "wants another user or password" in await _refusal(url)


async def test_an_answer_to_another_question_is_none() -> None:
    async with _answering(b"*4\r\n$2\r\n99\r\n:0\r\n:0\r\n$3\r\nabc\r\n") as url:
        store = ServerStore(read_address(url.replace(":s3cret@", "")), BOUNDS, Gone())
        with pytest.raises(StoreError, match="answered another question"):
            await store.get(a_key(1), NOW)
        await store.close()


def test_an_option_that_nobody_knows_is_an_error_at_the_start() -> None:
    with pytest.raises(ValueError, match=r"expected options .* found others at host:6379/0$"):
        client_of(read_address("redis://:s3cret@host?no_such_option=1"))


async def test_nothing_is_connected_before_it_is_asked() -> None:
    store = ServerStore(read_address("redis://127.0.0.1:1"), BOUNDS, Gone())
    await store.close()
