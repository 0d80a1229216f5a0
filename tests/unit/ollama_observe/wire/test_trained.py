"""How long a context a model was made for, as Ollama shows it."""

import json

import pytest

from ollama_observe.wire.trained import trained_context_in
from tests.fakes import captures

KEY = "llama.context_length"


def shown(**info: object) -> bytes:
    return json.dumps({"model_info": {"general.architecture": "llama"} | info}).encode()


def test_the_recorded_model_says_so() -> None:
    assert trained_context_in(captures.load("show").body) == 8192


def test_it_is_the_architecture_s_own_number() -> None:
    body = shown(**{"clip.context_length": 77, KEY: 4096})
    assert trained_context_in(body) == 4096


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"model_info":7}',
        b'{"model_info":null}',
        b'{"model_info":{"llama.context_length":8192}}',
        b'{"model_info":{"general.architecture":["llama"],"llama.context_length":8192}}',
        shown(),
        shown(**{KEY: 0}),
        shown(**{KEY: -1}),
        shown(**{KEY: True}),
        shown(**{KEY: "8192"}),
        shown(**{KEY: [8192]}),
    ],
)
def test_what_does_not_say_says_nothing(body: bytes) -> None:
    assert trained_context_in(body) is None
