"""What /api/ps says of the loaded models."""

import pytest

from ollama_observe.wire.loaded import context_lengths
from tests.fakes import captures


def test_every_loaded_model_has_its_context() -> None:
    body = captures.load("ps-loaded").body
    assert context_lengths(body) == {"smollm2:135m": 4096, "all-minilm:22m": 512}


def test_a_model_is_found_under_its_usual_name() -> None:
    body = (
        b'{"models":[{"name":"library/M","context_length":8},{"model":"b:1","context_length":9}]}'
    )
    assert context_lengths(body) == {"m:latest": 8, "b:1": 9}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"models":null}',
        b'{"models":7}',
        b'{"models":[{}]}',
        b'{"models":[{"name":"m"}]}',
        b'{"models":[{"name":"m","context_length":"8"}]}',
        b'{"models":[{"name":7,"context_length":8}]}',
        b'{"models":[{"name":"m","context_length":0}]}',
    ],
)
def test_what_does_not_say_says_nothing(body: bytes) -> None:
    assert context_lengths(body) == {}
