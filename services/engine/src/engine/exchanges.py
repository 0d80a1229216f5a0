"""One HTTP exchange: the work that answers it, ended at once when the client leaves.

Ollama holds back its headers until the first piece, so that a failure before it has a
status of its own; a client may leave in that time, too. So the work runs beside a watch
on the connection, not inside a response body.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from engine import errors
from engine.errors import ApiError, Dialect
from ollama_observe.service.tasks import spawn

CLIENT_GONE = 499
_WHOLE_BYTES = 2048  # Go sends a longer body in chunks when nobody said its length


class Answer:
    """What the work writes to. Headers go out with the first chunk."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    @property
    def started(self) -> bool:
        """Whether headers are out."""
        return self.status != 0

    async def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def whole(
        self,
        body: bytes,
        content_type: str = errors.JSON,
        status: int = 200,
        *,
        chunked: bool = False,
    ) -> None:
        """Send a whole body."""
        headers = {"content-type": content_type}
        if not chunked and len(body) <= _WHOLE_BYTES:
            headers["content-length"] = str(len(body))
        await self._start(status, headers)
        await self._send({"type": "http.response.body", "body": body})

    async def chunk(self, data: bytes, content_type: str) -> None:
        """Send one HTTP chunk."""
        if not self.started:
            await self._start(200, {"content-type": content_type})
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        """End a body that was sent in chunks."""
        await self._send({"type": "http.response.body", "body": b""})

    async def refuse(self, error: ApiError, dialect: Dialect) -> None:
        """Send a refusal instead of an answer."""
        await self.whole(
            errors.body(error, dialect),
            errors.content_type(error, dialect),
            error.status,
            chunked=isinstance(error, errors.StreamError),
        )


Work = Callable[[Answer], Awaitable[None]]


class Exchange(Response):
    """A response that is produced while the connection is watched."""

    def __init__(self, name: str, work: Work) -> None:
        super().__init__()
        self._name = name
        self._work = work

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Work until done, or until the client has left."""
        answer = Answer(send)
        work = spawn(self._run(answer), name=self._name)
        watch = spawn(_until_gone(receive), name=f"{self._name} connection")
        try:
            await asyncio.wait((work, watch), return_when=asyncio.FIRST_COMPLETED)
        finally:
            watch.cancel()
            if not work.done():
                work.cancel()
                await asyncio.wait((work,))
        if not work.cancelled():
            work.result()
        elif not answer.started:  # nobody reads it, but the metrics count it as what it was
            await answer.whole(b"", status=CLIENT_GONE)

    async def _run(self, answer: Answer) -> None:
        await self._work(answer)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
