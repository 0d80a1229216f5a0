"""The routes of the engine, and nothing else."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from engine import bodies, catalogue, embeddings, errors, jobs, payloads, refusals, requests
from engine import shapes_native as native
from engine import shapes_openai as openai
from engine.answering import answer
from engine.encoding import encode
from engine.errors import ApiError, Dialect
from engine.exchanges import CLIENT_GONE, Answer, Exchange
from engine.inference import Inference
from engine.jobs import Job
from engine.shapes import Shape
from ollama_observe.service.http import Control, add_control_routes

_log = structlog.stdlib.get_logger("engine.app")

# The line of Ollama's API that is spoken here; the part after + says by whom.
API_VERSION = "0.33.0+embedded"

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that has been read, and where its answer goes."""

    inference: Inference
    path: dict[str, str]
    body: bytes
    dialect: Dialect
    out: Answer

    def read(self, model: type[T]) -> T:
        """The body as `model`. Raises ApiError 400."""
        return bodies.parse(model, self.body, self.dialect)

    async def say(self, document: Any) -> None:
        """Answer with a JSON document."""
        if self.dialect is Dialect.OPENAI:
            await self.out.whole(encode(document) + b"\n", errors.PLAIN_JSON)
        else:
            await self.out.whole(encode(document))

    async def work(self, job: Job, shape: Shape) -> None:
        """Answer with generated text."""
        await answer(self.inference, job, shape, self.out)


Handler = Callable[[Call], Awaitable[None]]


async def _root(call: Call) -> None:
    await call.out.whole(b"Ollama is running", "text/plain; charset=utf-8")


async def _version(call: Call) -> None:
    await call.say({"version": API_VERSION})


async def _tags(call: Call) -> None:
    await call.say(await catalogue.tags(call.inference))


async def _ps(call: Call) -> None:
    await call.say(catalogue.loaded(call.inference))


async def _show(call: Call) -> None:
    await call.say(await catalogue.show(call.inference, call.read(requests.ShowRequest)))


async def _chat(call: Call) -> None:
    request = call.read(requests.ChatRequest)
    await call.work(jobs.of_chat(request), native.Chat(request.model))


async def _generate(call: Call) -> None:
    request = call.read(requests.GenerateRequest)
    shape = native.Generate(request.model, gives_context=not request.raw)
    await call.work(jobs.of_generate(request), shape)


async def _embed(call: Call) -> None:
    await call.say(await embeddings.embed(call.inference, call.read(requests.EmbedRequest)))


async def _embeddings(call: Call) -> None:
    request = call.read(requests.EmbeddingsRequest)
    await call.say(await embeddings.embeddings(call.inference, request))


async def _openai_chat(call: Call) -> None:
    request = call.read(requests.OpenAIChatRequest)
    usage = request.stream_options.include_usage
    await call.work(jobs.of_openai_chat(request), openai.Chat(request.model, include_usage=usage))


async def _openai_completion(call: Call) -> None:
    request = call.read(requests.OpenAICompletionRequest)
    shape = openai.Completion(request.model, include_usage=request.stream_options.include_usage)
    await call.work(jobs.of_openai_completion(request), shape)


async def _openai_embeddings(call: Call) -> None:
    request = call.read(requests.OpenAIEmbeddingsRequest)
    await call.say(await embeddings.openai(call.inference, request))


async def _openai_models(call: Call) -> None:
    await call.say(catalogue.openai_models(call.inference))


async def _openai_model(call: Call) -> None:
    await call.say(catalogue.openai_model(call.inference, call.path["model"]))


ROUTES: tuple[tuple[str, tuple[str, ...], Handler], ...] = (
    ("/", ("GET", "HEAD"), _root),
    ("/api/version", ("GET", "HEAD"), _version),
    ("/api/tags", ("GET", "HEAD"), _tags),
    ("/api/ps", ("GET",), _ps),
    ("/api/show", ("POST",), _show),
    ("/api/chat", ("POST",), _chat),
    ("/api/generate", ("POST",), _generate),
    ("/api/embed", ("POST",), _embed),
    ("/api/embeddings", ("POST",), _embeddings),
    ("/v1/chat/completions", ("POST",), _openai_chat),
    ("/v1/completions", ("POST",), _openai_completion),
    ("/v1/embeddings", ("POST",), _openai_embeddings),
    ("/v1/models", ("GET",), _openai_models),
    ("/v1/models/{model:path}", ("GET",), _openai_model),
)


def create_app(inference: Inference, control: Control) -> FastAPI:
    """The API on its routes, and the control endpoints under `/-/`."""
    app = FastAPI(title="engine", openapi_url=None, docs_url=None, redoc_url=None)
    for path, methods, handler in ROUTES:
        _add(app, inference, path, methods, handler)
    for path, methods, refusal in refusals.ROUTES:
        _add(app, inference, path, methods, _refusing(refusal))
    add_control_routes(app, control, prefix="/-")
    app.add_exception_handler(HTTPException, _plain_text)
    return app


def _add(
    app: FastAPI, inference: Inference, path: str, methods: tuple[str, ...], handler: Handler
) -> None:
    dialect = _dialect(path)

    async def endpoint(request: Request) -> Response:
        started = time.perf_counter()
        try:
            received = await payloads.received(request.stream())
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        encoding = request.headers.get("content-encoding") if dialect is Dialect.OPENAI else None

        async def work(out: Answer) -> None:
            try:
                body = payloads.plain(received, encoding)
                await handler(Call(inference, request.path_params, body, dialect, out))
            except ApiError as error:
                await out.refuse(error, dialect)
            finally:
                _log.info(
                    "request_ended",
                    method=request.method,
                    route=path,
                    status=out.status or CLIENT_GONE,
                    seconds=round(time.perf_counter() - started, 6),
                )

        return Exchange(f"{request.method} {path}", work)

    app.add_api_route(path, endpoint, methods=list(methods), response_model=None)


def _dialect(path: str) -> Dialect:
    if path == "/v1/messages":
        return Dialect.ANTHROPIC
    return Dialect.OPENAI if path.startswith("/v1/") else Dialect.NATIVE


def _refusing(message: str) -> Handler:
    async def refuse(_: Call) -> None:
        raise ApiError(501, message)

    return refuse


async def _plain_text(_: Request, error: Exception) -> Response:
    """What Ollama says to an unknown path or method, in plain text."""
    assert isinstance(error, HTTPException)
    text = "405 method not allowed" if error.status_code == 405 else "404 page not found"
    headers = {"content-type": "text/plain"} | dict(error.headers or {})
    return Response(text, error.status_code, headers)
