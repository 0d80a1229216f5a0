"""What finds questions that mean the same, in front of a scripted Ollama."""

import json
from collections.abc import Sequence

import pytest

from proxy.cache.books import CacheBooks
from proxy.cache.digests import Digests
from proxy.cache.keys import Keys
from proxy.cache.semantic.making import create_nearest
from proxy.cache.semantic.nearest import NearestQuestion
from proxy.pool import UpstreamPool
from proxy.settings import ProxySettings
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer
from tests.ledgers import ReadLedger


def made(url: str, **told: object) -> tuple[NearestQuestion, UpstreamPool]:
    async def near(_bucket: bytes) -> Sequence[tuple[bytes, bytes]]:
        return ()

    pool, ledger = UpstreamPool(url, 1.0), ReadLedger().ledger
    settings = ProxySettings.model_validate({"ollama_url": url, **told})
    digests, books = Digests({"ollama": pool}), CacheBooks(ledger)
    return create_nearest(settings, pool, digests, Keys(b"k"), near, ledger, books), pool


async def test_embeddings_are_asked_of_the_upstream_with_the_models_prefix() -> None:
    name = "multilingual-e5-small"
    script = FakeOllama(models={f"{name}:latest": Model(f"{name}:latest")})
    script.library.names.append(name)
    async with ScriptedServer(script) as ollama:
        nearest, pool = made(ollama.url)
        assert await nearest.begin("Why?").ready() is not None
        pool.close()
        assert [call.target for call in ollama.calls] == ["/api/tags", "/api/embed"]
        assert json.loads(ollama.calls[1].body)["input"] == "query: Why?"


async def test_a_model_that_nobody_measured_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="PROXY_CACHE_THRESHOLD"):
        made("http://127.0.0.1:1", cache_embedding_model="all-minilm")
