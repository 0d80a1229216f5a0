"""Embedding models and their thresholds."""

import pytest

from proxy.cache.semantic.models import MEASURED, Profile, profile_of


@pytest.mark.parametrize(
    "model", ["multilingual-e5-small", "multilingual-e5-small:latest", "me/multilingual-e5-small"]
)
def test_a_measured_model_has_a_threshold(model: str) -> None:
    assert profile_of(model, None) == MEASURED["multilingual-e5-small"]


def test_another_model_needs_one() -> None:
    with pytest.raises(ValueError, match=r"expected PROXY_CACHE_THRESHOLD, .* all-minilm"):
        profile_of("all-minilm", None)
    assert profile_of("all-minilm", 0.9) == Profile("", 0.9)
    assert profile_of("multilingual-e5-large", 0.9) == Profile("query: ", 0.9)


def test_what_is_told_comes_first() -> None:
    assert profile_of("multilingual-e5-small", 0.99).threshold == 0.99
