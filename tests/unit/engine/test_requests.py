from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from engine import requests

EVERY = [
    requests.ChatRequest,
    requests.GenerateRequest,
    requests.EmbedRequest,
    requests.EmbeddingsRequest,
    requests.ShowRequest,
    requests.OpenAIChatRequest,
    requests.OpenAICompletionRequest,
    requests.OpenAIEmbeddingsRequest,
]


@pytest.mark.parametrize("kind", EVERY)
def test_every_field_may_be_absent_or_null(kind: type[BaseModel]) -> None:
    nulls = dict.fromkeys(kind.model_fields)
    assert kind.model_validate(nulls) == kind()


@pytest.mark.parametrize("kind", EVERY)
def test_what_is_not_known_is_ignored(kind: type[BaseModel]) -> None:
    assert kind.model_validate({"nonsense": [1]}) == kind()


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (requests.ChatRequest, "model", 5),
        (requests.ChatRequest, "stream", 1),
        (requests.ChatRequest, "messages", {}),
        (requests.ChatRequest, "messages", [None]),
        (requests.ChatRequest, "options", []),
        (requests.ChatRequest, "logprobs", "yes"),
        (requests.GenerateRequest, "prompt", ["hi"]),
        (requests.GenerateRequest, "context", [1.5]),
        (requests.GenerateRequest, "context", [True]),
        (requests.OpenAIChatRequest, "max_tokens", 1.5),
        (requests.OpenAIChatRequest, "temperature", True),
        (requests.OpenAIChatRequest, "seed", "7"),
        (requests.OpenAIChatRequest, "stream_options", 5),
    ],
)
def test_a_value_of_another_kind_is_never_converted(
    kind: type[BaseModel], field: str, value: Any
) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate({field: value})


def test_a_whole_number_is_a_temperature_too() -> None:
    assert requests.OpenAIChatRequest.model_validate({"temperature": 1}).temperature == 1


def test_native_answers_are_streamed_by_default_and_openais_are_not() -> None:
    assert requests.ChatRequest().stream
    assert requests.GenerateRequest().stream
    assert not requests.OpenAIChatRequest().stream
    assert not requests.OpenAICompletionRequest().stream
