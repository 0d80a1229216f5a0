"""The control app: metrics and health, and what is in flight right now."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from ollama_observe.service.http import Control, create_control_app
from proxy.inflight import Entry, phases

STREAM_INTERVAL_SECONDS = 1.0
Entries = Callable[[], Awaitable[list[Entry]]]


def create_control(control: Control, entries: Entries, num_parallel: int) -> FastAPI:
    """The control endpoints, `/api/inflight`, and the same as a stream of server-sent events."""
    app = create_control_app(control)

    async def table() -> bytes:
        found = phases(await entries(), num_parallel)
        return msgspec.json.encode({"count": len(found), "requests": found})

    @app.get("/api/inflight")
    async def inflight() -> Response:
        return Response(await table(), media_type="application/json")

    @app.get("/api/inflight/stream")
    async def stream(request: Request) -> StreamingResponse:
        async def events() -> AsyncIterator[bytes]:
            while control.readiness.ready and not await request.is_disconnected():
                yield b"data: " + await table() + b"\n\n"
                await asyncio.sleep(STREAM_INTERVAL_SECONDS)

        return StreamingResponse(
            events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    return app
