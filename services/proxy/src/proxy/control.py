"""The control app: metrics and health, and what is in flight right now."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from ollama_observe.service.http import Control, create_control_app
from proxy.finished import Table, latest
from proxy.inflight import phases

STREAM_INTERVAL_SECONDS = 1.0
Tables = Callable[[], Awaitable[list[Table]]]
"""What each relay process has in flight, and what ended there a moment ago."""


def create_control(control: Control, tables: Tables, num_parallel: int) -> FastAPI:
    """The control endpoints, `/api/inflight`, and the same as a stream of server-sent events."""
    app = create_control_app(control)

    async def table() -> bytes:
        found = await tables()
        requests = phases((one for table in found for one in table.requests), num_parallel)
        finished = latest(one for table in found for one in table.finished)
        told = {"count": len(requests), "requests": requests, "finished": finished}
        return msgspec.json.encode(told)

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
