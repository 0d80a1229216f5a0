"""The scripted Ollama's vectors and transcripts: answers that are never streamed.

Source: the captures embed-*, embeddings-legacy, v1-embeddings*.
"""

import base64
import struct
from typing import Any

from tests.fakes.turn import Turn

VECTOR = (0.0100353705, -0.0017759022, 0.05005609, 0.046929777)


def embed(turn: Turn, asked: dict[str, Any]) -> dict[str, Any]:
    """POST /api/embed."""
    inputs = _inputs(asked)
    if not inputs:
        return {"model": turn.model.name, "embeddings": []}
    spent = {"total_duration": turn.load_ns + turn.model.prefill_ns, "load_duration": turn.load_ns}
    counted = {"prompt_eval_count": turn.prompt_tokens * len(inputs)}
    vectors = [list(VECTOR) for _ in inputs]
    return {"model": turn.model.name, "embeddings": vectors, **spent, **counted}


def embeddings(turn: Turn, asked: dict[str, Any]) -> dict[str, Any]:
    """POST /api/embeddings: no counts."""
    return {"embedding": list(VECTOR)}


def openai_embeddings(turn: Turn, asked: dict[str, Any]) -> dict[str, Any]:
    """POST /v1/embeddings."""
    is_packed = asked.get("encoding_format") == "base64"
    packed = base64.b64encode(struct.pack(f"<{len(VECTOR)}f", *VECTOR)).decode()
    vector: str | list[float] = packed if is_packed else list(VECTOR)
    count = len(_inputs(asked))
    entry = {"object": "embedding", "embedding": vector}
    tokens = turn.prompt_tokens * count
    return {
        "object": "list",
        "data": [{**entry, "index": index} for index in range(count)],
        "model": turn.model.name,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def transcription(turn: Turn, asked: dict[str, Any]) -> dict[str, Any]:
    """POST /v1/audio/transcriptions."""
    return {"text": "".join(turn.answer)}


def _inputs(asked: dict[str, Any]) -> list[Any]:
    given = asked.get("input", [])
    return given if isinstance(given, list) else [given]
