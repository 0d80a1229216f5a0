"""One question to the upstream, past the relay: what the proxy asks itself is no traffic."""

import asyncio
import json

from ollama_observe.service.http import Check
from ollama_observe.wire.loaded import context_lengths
from proxy.heads import ResponseHead
from proxy.pool import UpstreamPool
from proxy.upstream import UpstreamConnection, UpstreamError

TIMEOUT_SECONDS = 2.0
_ANSWER_LIMIT_BYTES = 64 * 1024


class _Question:
    """Asks for one path, and holds the answer. An Asker."""

    def __init__(self, pool: UpstreamPool, path: bytes) -> None:
        self._pool = pool
        self._path = path
        self._connection: UpstreamConnection | None = None
        self._body = b""
        self._status = 0
        self.answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()

    def connected(self, connection: UpstreamConnection) -> None:
        if self.answer.done():
            connection.give_up()
            return
        self._connection = connection
        lines = [
            b"GET " + self._pool.path_prefix + self._path + b" HTTP/1.1",
            b"Host: " + self._pool.own_host,
        ]
        if self._pool.authorization:
            lines.append(b"Authorization: " + self._pool.authorization)
        connection.begin(self, b"GET")
        connection.send(b"\r\n".join(lines) + b"\r\n\r\n")
        connection.request_ended()

    def interim_received(self, head: ResponseHead) -> None:
        pass

    def head_received(self, _at: float, head: ResponseHead) -> None:
        self._status = head.status

    def body_received(self, _at: float, _raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        self._body = b"".join([self._body, *pieces])[:_ANSWER_LIMIT_BYTES]
        if is_done:
            self._connection = None
            if not self.answer.done():
                self.answer.set_result((self._status, self._body))

    def failed(self, error: UpstreamError) -> None:
        self._connection = None
        if not self.answer.done():
            self.answer.set_exception(error)

    def sending_paused(self) -> None:
        pass

    def sending_resumed(self) -> None:
        pass

    def stop(self) -> None:
        if self._connection is not None:
            self._connection.give_up()


async def fetch(pool: UpstreamPool, path: bytes) -> tuple[int, bytes]:
    """Status and body of a GET. Raises: UpstreamError, TimeoutError."""
    question = _Question(pool, path)
    connecting = pool.ask(question)
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await question.answer
    finally:
        if connecting is not None:
            connecting.cancel()
        question.stop()


async def check_ollama(pool: UpstreamPool) -> Check:
    """Whether an Ollama answers, and which."""
    try:
        status, body = await fetch(pool, b"/api/version")
    except UpstreamError as error:
        return Check(False, f"Ollama at {pool.address} gave no answer: {error}")
    except TimeoutError:
        seconds = TIMEOUT_SECONDS
        return Check(False, f"Ollama at {pool.address} gave no answer within {seconds:g} s")
    version = _version_in(body) if status == 200 else None
    if version is None:
        return Check(False, f"{pool.address} answered {status}, not as Ollama does")
    return Check(True, f"Ollama {version} at {pool.address}")


async def loaded_contexts(pool: UpstreamPool) -> dict[str, int]:
    """The size of each loaded model's context in tokens; empty where Ollama does not say."""
    try:
        status, body = await fetch(pool, b"/api/ps")
    except (UpstreamError, TimeoutError):
        return {}
    return context_lengths(body) if status == 200 else {}


def _version_in(body: bytes) -> str | None:
    try:
        return str(json.loads(body)["version"])
    except (ValueError, KeyError, TypeError):
        return None
