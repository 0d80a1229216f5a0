"""One request out, its answer back, bytes unchanged.

A plain ASGI app: a framework's middleware would cost more CPU than the relaying, and
any that touches bodies breaks streaming. Chunks go on before the next is read, so
that a slow client slows the upstream down instead of filling memory.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, cast

from ollama_observe.wire.requests import COPY_LIMIT_BYTES
from proxy.connections import SCOPE_KEY, ClientConnection
from proxy.headers import Headers, end_to_end, to_upstream
from proxy.labels import ModelLabels
from proxy.metrics import ProxyMetrics
from proxy.outcomes import Ending, error_body, own_status
from proxy.recorder import Recorder
from proxy.routing import Routing
from proxy.upstream import (
    OutboundRequest,
    UnsendableRequest,
    Upstream,
    UpstreamError,
    UpstreamResponse,
    UpstreamTimeout,
    UpstreamUnreachable,
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Clock = Callable[[], float]


class Relay:
    """The ASGI app on the proxy's port. Holds nothing of a request: an Exchange does."""

    def __init__(
        self,
        upstream: Upstream,
        metrics: ProxyMetrics,
        models: ModelLabels,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._upstream = upstream
        self.metrics = metrics
        self._models = models
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Relay one HTTP request. Ollama serves no websocket, and neither do we."""
        if scope["type"] != "http":
            raise ValueError(f"expected an http request, found {scope['type']!r}")
        recorder = Recorder(
            self.metrics,
            self._models,
            scope["method"],
            scope["path"],
            Routing.DIRECT,
            self._clock(),
        )
        await _Exchange(scope, receive, send, self._upstream, recorder, self._clock).run()


class _Exchange:
    """One request and its answer."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        upstream: Upstream,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._upstream = upstream
        self._recorder = recorder
        self._clock = clock
        self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._connection: ClientConnection = scope["extensions"][SCOPE_KEY]
        self._response: UpstreamResponse | None = None
        self._is_started = False
        self._is_over = False
        self._client_is_gone = False

    async def run(self) -> None:
        """Relay the exchange; whatever happens, give up the upstream and record the ending."""
        ending = Ending.FAILED
        self._connection.when_gone = self._client_left
        try:
            await self._relay()
            ending = Ending.COMPLETE
        except asyncio.CancelledError:
            if not self._client_is_gone:
                ending = Ending.CUT_BY_SHUTDOWN
                await self._answer_error(ending, "the proxy is shutting down")
                raise
            malformed = self._connection.is_malformed
            ending = Ending.UNSENDABLE if malformed else Ending.CLIENT_GONE
            self._task.uncancel()
        except UpstreamError as error:
            ending = _ending_of(error)
            said = str(error)
            if ending is not Ending.UNSENDABLE:
                said = f"Ollama at {self._upstream.address} gave no answer: {error}"
            await self._answer_error(ending, said)
        finally:
            self._is_over = True
            self._connection.when_gone = None
            if self._response is not None:
                self._response.close()
            self._recorder.finish(self._clock(), ending)

    async def _relay(self) -> None:
        request = OutboundRequest(
            method=self._scope["method"],
            target=_target(self._scope),
            headers=to_upstream(self._scope["headers"]),
            body=await self._body(),
        )
        response = self._response = await self._upstream.open(request)
        self._recorder.headers_received(response.status, response.headers)
        self._is_started = True
        await self._send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": _answer_headers(response),
            }
        )
        async for chunk in response.chunks():
            at = self._clock()
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
            self._recorder.chunk_received(at, chunk)
        self._is_over = True
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _body(self) -> bytes | AsyncIterator[bytes] | None:
        """The request's body: as one piece where it has come whole, else as it arrives."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._client_is_gone = True
            raise asyncio.CancelledError
        if message.get("more_body", False):
            return self._upload(message["body"])
        body: bytes = message.get("body", b"")
        self._recorder.request_read(self._clock(), body, len(body))
        return body if body or _announces_body(self._scope) else None

    async def _upload(self, first: bytes) -> AsyncIterator[bytes]:
        copy: bytearray | None = bytearray() if self._recorder.endpoint.has_model else None
        piece, more, size = first, True, 0
        while True:
            size += len(piece)
            if copy is not None:
                copy += piece
                if size > COPY_LIMIT_BYTES:
                    copy = None
            if not more:
                # before the last piece leaves: the upstream may answer within this instant
                self._recorder.request_read(self._clock(), copy, size)
            if piece:
                yield piece
            if not more:
                return
            message = await self._receive()
            if message["type"] == "http.disconnect":
                # returning would tell the upstream that this was the whole body
                raise ConnectionResetError("the client left in its request's body")
            piece, more = message.get("body", b""), message.get("more_body", False)

    def _client_left(self) -> None:
        """Stop the exchange where it stands, be it connecting, waiting or streaming."""
        if not self._is_over and not self._client_is_gone:
            self._client_is_gone = True
            self._task.cancel()

    async def _answer_error(self, ending: Ending, said: str) -> None:
        """Say what failed. In mid-answer there is no way to: returning closes the connection."""
        if self._is_started:
            return
        body = json.dumps(error_body(self._recorder.endpoint.dialect, said)).encode()
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
        ]
        self._is_over = True
        status = own_status(ending)
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


def _ending_of(error: UpstreamError) -> Ending:
    if isinstance(error, UpstreamUnreachable):
        return Ending.UNREACHABLE
    if isinstance(error, UnsendableRequest):
        return Ending.UNSENDABLE
    return Ending.CONNECT_TIMEOUT if isinstance(error, UpstreamTimeout) else Ending.BROKE_OFF


def _target(scope: Scope) -> str:
    """Path and query as the client wrote them: `%2F` in a model's name must stay.

    Of an absolute target (`http://host/path`) only what follows the host goes on.
    """
    raw: bytes = scope["raw_target"]
    target = raw.decode("ascii")  # the parser refuses anything else
    if "://" in target.partition("?")[0] and not target.startswith("/"):
        _, _, rest = target.partition("://")
        _, slash, path = rest.partition("/")
        target = slash + path if slash else "/"
    return target


def _answer_headers(response: UpstreamResponse) -> Headers:
    headers = end_to_end(response.headers)
    if response.status == 304:  # it may tell a length, and has no body: the server would wait
        return [(name, value) for name, value in headers if name.lower() != b"content-length"]
    return headers


def _announces_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
