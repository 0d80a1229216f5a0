"""One question to the upstream, past the relay: what the proxy asks itself is no traffic."""

import asyncio
import json

from ollama_observe.service.http import Check
from ollama_observe.wire.loaded import context_lengths
from proxy.heads import ResponseHead
from proxy.pool import UpstreamPool
from proxy.upstream import Connection, UpstreamError

TIMEOUT_SECONDS = 2.0
_ANSWER_LIMIT_BYTES = 64 * 1024


class _Question:
    """Asks for one path, and holds the answer. An Asker."""

    def __init__(
        self, pool: UpstreamPool, path: bytes, body: bytes | None, limit_bytes: int
    ) -> None:
        self._pool = pool
        self._path = path
        self._sent = body
        self._limit_bytes = limit_bytes
        self._connection: Connection | None = None
        self._body = b""
        self._status = 0
        self.answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()

    def connected(self, connection: Connection) -> None:
        if self.answer.done():
            connection.give_up()
            return
        self._connection = connection
        method = b"GET" if self._sent is None else b"POST"
        lines = [
            method + b" " + self._pool.path_prefix + self._path + b" HTTP/1.1",
            b"Host: " + self._pool.own_host,
        ]
        if self._sent is not None:
            lines += [b"Content-Type: application/json", b"Content-Length: %d" % len(self._sent)]
        if self._pool.authorization:
            lines.append(b"Authorization: " + self._pool.authorization)
        connection.begin(self, method)
        connection.send(b"\r\n".join(lines) + b"\r\n\r\n" + (self._sent or b""))
        connection.request_ended()

    def interim_received(self, head: ResponseHead) -> None:
        pass

    def head_received(self, _at: float, head: ResponseHead) -> None:
        self._status = head.status

    def body_received(self, _at: float, _raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        self._body = b"".join([self._body, *pieces])[: self._limit_bytes]
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


async def fetch(
    pool: UpstreamPool,
    path: bytes,
    body: bytes | None = None,
    limit_bytes: int = _ANSWER_LIMIT_BYTES,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> tuple[int, bytes]:
    """Status and body of a GET, or of a POST of this JSON. Raises: UpstreamError, TimeoutError."""
    question = _Question(pool, path, body, limit_bytes)
    connecting = pool.ask(question)
    try:
        async with asyncio.timeout(timeout_seconds):
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
