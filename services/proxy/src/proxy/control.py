"""The control app: metrics and health, and what is in flight right now."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from ollama_observe.service.http import Control, create_control_app
from proxy.access.usage import OFF as NO_KEYS
from proxy.access.usage import UsageBook
from proxy.cache.control import OFF, CacheControl
from proxy.cache.stores.store import StoreError
from proxy.finished import Tables, latest
from proxy.inflight import phases

STREAM_INTERVAL_SECONDS = 1.0
CLEAR_SECONDS = 10.0


def create_control(
    control: Control,
    tables: Tables,
    num_parallel: int,
    cache: CacheControl | None = None,
    usage: UsageBook | None = None,
) -> FastAPI:
    """The control endpoints: `/api/inflight` and its stream, `/api/cache`, `/api/usage`."""
    app = create_control_app(control)
    _add_cache(app, cache)
    _add_usage(app, usage)

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


def _add_usage(app: FastAPI, usage: UsageBook | None) -> None:
    """What each alias has used, and what it has left."""

    @app.get("/api/usage")
    async def told() -> JSONResponse:
        if usage is None:
            return JSONResponse({"error": NO_KEYS}, HTTPStatus.NOT_FOUND)
        return JSONResponse(usage.told())


def _add_cache(app: FastAPI, cache: CacheControl | None) -> None:
    """What the cache is, and a way to empty it: a DELETE, which no strange page may send."""

    @app.get("/api/cache")
    async def told() -> JSONResponse:
        if cache is None:
            return JSONResponse({"error": OFF}, HTTPStatus.NOT_FOUND)
        return JSONResponse(cache.told())

    @app.delete("/api/cache")
    async def clear() -> JSONResponse:
        if cache is None:
            return JSONResponse({"error": OFF}, HTTPStatus.NOT_FOUND)
        try:
            async with asyncio.timeout(CLEAR_SECONDS):
                count = await cache.clear()
        except (StoreError, TimeoutError) as error:
            said = str(error) or f"the store did not answer within {CLEAR_SECONDS:g} s"
            return JSONResponse({"error": said}, HTTPStatus.BAD_GATEWAY)
        return JSONResponse({"cleared": count})
