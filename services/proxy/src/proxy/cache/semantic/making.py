"""Puts together what finds questions that mean the same."""

import functools

from ollama_observe.metrics.ledger import Ledger
from ollama_observe.wire.models import normalise_model
from proxy.cache.books import CacheBooks
from proxy.cache.digests import Digests
from proxy.cache.keys import Keys
from proxy.cache.semantic.embeddings import ANSWER_LIMIT_BYTES, CALL_SECONDS, Embeddings
from proxy.cache.semantic.models import profile_of
from proxy.cache.semantic.nearest import Near, NearestQuestion
from proxy.cache.settings import CacheSettings
from proxy.pool import UpstreamPool
from proxy.probe import fetch


def create_nearest(
    settings: CacheSettings,
    pool: UpstreamPool,
    digests: Digests,
    keys: Keys,
    near: Near,
    ledger: Ledger,
    books: CacheBooks,
) -> NearestQuestion:
    """What asks this upstream for embeddings. Raises: ValueError for a model without threshold."""
    model = settings.cache_embedding_model
    profile = profile_of(model, settings.cache_threshold)
    ask = functools.partial(
        fetch,
        pool,
        b"/api/embed",
        limit_bytes=ANSWER_LIMIT_BYTES,
        timeout_seconds=CALL_SECONDS,
    )
    digest_of = functools.partial(digests.of, normalise_model(model))
    on_error = functools.partial(books.failed, "embedding")
    embeddings = Embeddings(model, profile.prefix, ask, digest_of, keys, on_error)
    budget = settings.cache_embedding_timeout_seconds
    return NearestQuestion(embeddings, near, profile.threshold, budget, ledger, on_error)
