"""Texts to vectors: /api/embed, /api/embeddings, /v1/embeddings.

Vectors have length 1. Source: recorded embed-*, embeddings-legacy, v1-embeddings*.
"""

import base64
import math
import struct
import time
from dataclasses import dataclass
from typing import Any

from engine import errors, generation, jobs
from engine.child import Child
from engine.e5 import asking, weights
from engine.encoding import shortest_float32
from engine.errors import ApiError
from engine.inference import Inference
from engine.library import Facts
from engine.options import Placement
from engine.requests import EmbeddingsRequest, EmbedRequest, OpenAIEmbeddingsRequest
from engine.scheduler import Lease

Vector = list[float]


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors in the order of their texts. Units: nanoseconds."""

    vectors: list[Vector]
    tokens: int
    total_ns: int
    load_ns: int


@dataclass(frozen=True, slots=True)
class _Wanted:
    model: str
    texts: list[str]
    options: dict[str, Any]
    truncate: bool = True
    dimensions: int = 0
    keep_alive: float | str | None = None


def _texts(given: Any) -> list[str]:
    if given is None or given == []:
        return []
    if isinstance(given, str):
        return [given] if given else []
    if isinstance(given, list) and all(isinstance(item, str) for item in given):
        return given
    raise ApiError(400, "invalid input type")


async def embed(inference: Inference, request: EmbedRequest) -> dict[str, Any]:
    """POST /api/embed."""
    wanted = _Wanted(
        model=request.model,
        texts=_texts(request.input),
        options=request.options,
        truncate=request.truncate,
        dimensions=request.dimensions,
        keep_alive=jobs.checked_keep_alive(request.keep_alive),
    )
    found = await _embedded(inference, wanted)
    document: dict[str, Any] = {
        "model": request.model,
        "embeddings": [[shortest_float32(x) for x in vector] for vector in found.vectors],
    }
    numbers = {
        "total_duration": found.total_ns,
        "load_duration": found.load_ns,
        "prompt_eval_count": found.tokens,
    }
    return document | (numbers if found.vectors else {})


async def embeddings(inference: Inference, request: EmbeddingsRequest) -> dict[str, Any]:
    """POST /api/embeddings, the older route: one text, all digits."""
    wanted = _Wanted(
        model=request.model,
        texts=_texts(request.prompt),
        options=request.options,
        keep_alive=jobs.checked_keep_alive(request.keep_alive),
    )
    found = await _embedded(inference, wanted)
    return {"embedding": found.vectors[0] if found.vectors else []}


async def openai(inference: Inference, request: OpenAIEmbeddingsRequest) -> dict[str, Any]:
    """POST /v1/embeddings."""
    texts = _texts(request.input)
    if not texts:
        raise ApiError(400, "invalid input", in_body=True)
    if request.encoding_format not in ("float", "base64"):
        raise ApiError(
            400,
            f"Invalid value for 'encoding_format' = {request.encoding_format}. "
            "Supported values: ['float', 'base64'].",
            in_body=True,
        )
    wanted = _Wanted(request.model, texts, {}, dimensions=request.dimensions)
    found = await _embedded(inference, wanted)
    write = _base64 if request.encoding_format == "base64" else _shortest
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "embedding": write(vector), "index": index}
            for index, vector in enumerate(found.vectors)
        ],
        "model": request.model,
        "usage": {"prompt_tokens": found.tokens, "total_tokens": found.tokens},
    }


def _shortest(vector: Vector) -> Any:
    return [shortest_float32(x) for x in vector]


def _base64(vector: Vector) -> Any:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def shorten(vector: Vector, dimensions: int) -> Vector:
    """The first `dimensions` numbers, brought back to length 1; 0 keeps all."""
    if not 0 < dimensions < len(vector):
        return vector
    kept = vector[:dimensions]
    length = math.sqrt(math.fsum(x * x for x in kept))
    return [x / length for x in kept] if length else kept


async def _embedded(inference: Inference, wanted: _Wanted) -> Embedded:
    started_ns = time.perf_counter_ns()
    model, facts = await inference.find(wanted.model, errors.model_missing_try_pulling)
    options = inference.options(wanted.options, facts)
    stay = jobs.stay(wanted.keep_alive, inference.keep_alive_seconds)
    async with inference.lease(model, facts, options.placement, stay) as lease:
        load_ns = time.perf_counter_ns() - started_ns
        if not wanted.texts:
            return Embedded([], 0, 0, load_ns)
        limit = _limit_tokens(options.placement, facts)
        ask = _of_e5 if facts.format == weights.FORMAT else _of_llama
        try:
            vectors, tokens = await ask(lease, wanted, limit)
        except errors.StreamError as error:
            raise ApiError(error.status, error.message) from error
    return Embedded(
        vectors=[shorten(vector, wanted.dimensions) for vector in vectors],
        tokens=tokens,
        total_ns=time.perf_counter_ns() - started_ns,
        load_ns=load_ns,
    )


def _limit_tokens(placement: Placement, facts: Facts) -> int:
    """The longest text: one batch for an embedding model, less than the context for others."""
    if facts.is_embedding_only:
        return min(placement.context_tokens, placement.batch_tokens)
    return placement.context_tokens - 1


async def _of_e5(lease: Lease, wanted: _Wanted, limit: int) -> tuple[list[Vector], int]:
    async with lease.slot() as child:
        return await asking.embed(child, wanted.texts, limit, truncate=wanted.truncate)


async def _of_llama(lease: Lease, wanted: _Wanted, limit: int) -> tuple[list[Vector], int]:
    inputs = [await _tokens(lease.child, text, wanted, limit) for text in wanted.texts]
    async with lease.slot() as child:
        vectors = await _vectors(child, inputs)
    return vectors, sum(len(tokens) for tokens in inputs)


async def _tokens(child: Child, text: str, wanted: _Wanted, limit: int) -> list[int]:
    tokens = await generation.tokenize(child, text)
    if len(tokens) > limit and not wanted.truncate:
        raise ApiError(400, errors.TOO_LONG)
    return tokens[:limit]


async def _vectors(child: Child, inputs: list[list[int]]) -> list[Vector]:
    answer = await child.ask("/v1/embeddings", {"input": inputs, "encoding_format": "float"})
    return [item["embedding"] for item in sorted(answer["data"], key=lambda item: item["index"])]
