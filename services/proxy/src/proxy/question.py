"""A question of the proxy's own, past the relay: its answer is held, and nobody else's traffic."""

import asyncio

from proxy.connections import Connection, Pool
from proxy.failures import UpstreamError
from proxy.heads import ResponseHead


class _Question:
    """Sends what it was given, and holds the answer. An Asker."""

    def __init__(self, method: bytes, sent: bytes, limit_bytes: int) -> None:
        self._method = method
        self._sent = sent
        self._limit_bytes = limit_bytes
        self._connection: Connection | None = None
        self._head: ResponseHead
        self._body = b""
        self.answer: asyncio.Future[tuple[ResponseHead, bytes]] = (
            asyncio.get_running_loop().create_future()
        )

    def connected(self, connection: Connection) -> None:
        if self.answer.done():
            connection.give_up()
            return
        self._connection = connection
        connection.begin(self, self._method)
        connection.send(self._sent)
        connection.request_ended()

    def interim_received(self, head: ResponseHead) -> None:
        pass

    def head_received(self, _at: float, head: ResponseHead) -> None:
        self._head = head

    def body_received(self, _at: float, _raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        self._body = b"".join([self._body, *pieces])[: self._limit_bytes]
        if is_done:
            self._connection = None
            if not self.answer.done():
                self.answer.set_result((self._head, self._body))

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


async def ask(
    pool: Pool, method: bytes, sent: bytes, limit_bytes: int, timeout_seconds: float
) -> tuple[ResponseHead, bytes]:
    """Head and body of the answer to `sent`, a whole request; of the body so many bytes at most.

    Raises: UpstreamError, TimeoutError.
    """
    question = _Question(method, sent, limit_bytes)
    connecting = pool.ask(question)
    try:
        async with asyncio.timeout(timeout_seconds):
            return await question.answer
    finally:
        if connecting is not None:
            connecting.cancel()
        question.stop()
