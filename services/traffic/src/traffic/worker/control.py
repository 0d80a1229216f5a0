"""The worker over HTTP: start, stop, pace, look. JSON in and out; a refusal is {"error": ...}."""

from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.base import RequestResponseEndpoint

from ollama_observe.service.guard import refusal
from ollama_observe.service.http import Control, create_control_app
from traffic.refusals import RefusedError
from traffic.settings import TrafficSettings
from traffic.target.check import TargetError
from traffic.target.nearness import LOCAL_HOSTS
from traffic.worker.overrides import BadRequestError, settings_of
from traffic.worker.session import ConflictError, Session
from traffic.worker.standing import standing

READING = ("GET", "HEAD")
"""Methods that change nothing."""

BODY_LIMIT_BYTES = 64 * 1024

SERVICE = "traffic"
"""The name of the worker's container."""

_STATUS: dict[type[Exception], HTTPStatus] = {
    ConflictError: HTTPStatus.CONFLICT,
    TargetError: HTTPStatus.BAD_GATEWAY,
    BadRequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""Other refusals are of what was asked for, too."""


def create_control(control: Control, session: Session, settings: TrafficSettings) -> FastAPI:
    """The control endpoints of every service, and those of the worker.

    `settings` are what a start begins from.
    """
    app = create_control_app(control)
    _refuse(app, settings.worker_host)

    def state() -> Response:
        return Response(msgspec.json.encode(standing(session)), media_type="application/json")

    @app.get("/status")
    async def status() -> Response:
        return state()

    @app.post("/start")
    async def start(request: Request) -> Response:
        await session.start(settings_of(settings, await _read(request)))
        return state()

    @app.post("/stop")
    async def stop(request: Request) -> Response:
        await session.stop(leaving=_leaving(await _read(request)))
        return state()

    @app.patch("/rate")
    async def rate(request: Request) -> Response:
        given = _only(await _read(request), "rate_per_second")
        if not given:
            raise BadRequestError("expected rate_per_second, found nothing")
        session.change_rate(settings_of(settings, given).rate_per_second)
        return state()

    return app


def _refuse(app: FastAPI, own_host: str) -> None:
    """Say what cannot be done, and keep pages of other origins from doing anything."""

    async def failed(_: Request, error: Exception) -> JSONResponse:
        status = _STATUS.get(type(error), HTTPStatus.UNPROCESSABLE_ENTITY)
        return JSONResponse({"error": str(error)}, status)

    app.add_exception_handler(RefusedError, failed)
    names = LOCAL_HOSTS | {SERVICE, own_host}

    @app.middleware("http")
    async def guard(request: Request, answer: RequestResponseEndpoint) -> Response:
        if request.method not in READING and (said := refusal(request.headers, names)):
            return JSONResponse({"error": said}, HTTPStatus.FORBIDDEN)
        return await answer(request)


def _leaving(given: dict[str, Any]) -> bool:
    leaving = _only(given, "leave").get("leave", False)
    if not isinstance(leaving, bool):
        raise BadRequestError(f"leave: expected true or false, found {leaving!r}")
    return leaving


def _only(given: dict[str, Any], name: str) -> dict[str, Any]:
    if others := set(given) - {name}:
        raise BadRequestError(f"expected {name} alone, found {', '.join(sorted(others))}")
    return given


async def _read(request: Request) -> dict[str, Any]:
    """The body, which may be empty. Raises: BadRequestError."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_LIMIT_BYTES:
            raise BadRequestError(f"expected at most {BODY_LIMIT_BYTES} bytes")
    if not body:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise BadRequestError(f"expected application/json, found {kind or 'no Content-Type'}")
    try:
        given: dict[str, Any] = msgspec.json.decode(bytes(body), type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRequestError(f"expected a JSON object: {error}") from error
    return given
