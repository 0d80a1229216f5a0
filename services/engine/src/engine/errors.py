"""Ollama's refusals, in the dialects of its API.

    ApiError            a status and a sentence, before anything was sent
    └── StreamError     the same, found when the stream was about to start or had started

Source: exchanges recorded from Ollama (error-*, broken-*).
"""

import secrets
from enum import Enum
from typing import Any

from engine.encoding import encode

JSON = "application/json; charset=utf-8"
PLAIN_JSON = "application/json"
NDJSON = "application/x-ndjson"
SSE = "text/event-stream"

BUSY = "server busy, please try again.  maximum pending requests exceeded"
BROKEN = "an error was encountered while running the model: unexpected EOF"
TOO_LONG = "the input length exceeds the context length"
NO_IMAGES = encode(
    {
        "error": {
            "code": 400,
            "message": "Multimodal data provided, but model does not support multimodal requests.",
            "type": "invalid_request_error",
        }
    }
).decode()


class Dialect(Enum):
    """Which of its tongues Ollama answers in."""

    NATIVE = "native"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"


class ApiError(Exception):
    """A request that is refused. `in_body`: found while the request's body was read."""

    def __init__(self, status: int, message: str, *, in_body: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.in_body = in_body


class StreamError(ApiError):
    """A refusal or failure of the model process, found after the headers were decided."""


def model_missing(name: str) -> ApiError:
    """The model is not here, as chat, generate, show and delete say it."""
    return ApiError(404, f"model '{name}' not found")


def model_missing_try_pulling(name: str) -> ApiError:
    """The model is not here, as the embedding routes say it."""
    return ApiError(404, f'model "{name}" not found, try pulling it first')


def broken() -> StreamError:
    """The model process ended in the middle of its work."""
    return StreamError(500, BROKEN)


def content_type(error: ApiError, dialect: Dialect) -> str:
    """The header that goes with `body`."""
    if dialect is Dialect.NATIVE:
        return PLAIN_JSON if isinstance(error, StreamError) else JSON
    return JSON if error.in_body else PLAIN_JSON


def body(error: ApiError, dialect: Dialect) -> bytes:
    """The JSON body of a refusal."""
    if dialect is Dialect.NATIVE:
        return encode({"error": error.message})
    whole = _openai(error) if dialect is Dialect.OPENAI else _anthropic(error)
    return encode(whole) + (b"" if error.in_body else b"\n")


def _kind(error: ApiError) -> str:
    return {400: "invalid_request_error", 404: "not_found_error"}.get(error.status, "api_error")


def _openai(error: ApiError) -> dict[str, Any]:
    told = {"message": error.message, "type": _kind(error), "param": None, "code": None}
    return {"error": told}


def _anthropic(error: ApiError) -> dict[str, Any]:
    told = {"type": _kind(error), "message": error.message}
    return {"type": "error", "error": told, "request_id": f"req_{secrets.token_hex(12)}"}
