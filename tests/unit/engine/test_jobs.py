from typing import Any

import pytest

from engine import jobs
from engine.errors import ApiError, StreamError
from engine.requests import (
    ChatRequest,
    GenerateRequest,
    OpenAIChatRequest,
    OpenAICompletionRequest,
)


def generate(**fields: Any) -> jobs.Job:
    return jobs.of_generate(GenerateRequest(model="m", **fields))


def openai_chat(**fields: Any) -> jobs.Job:
    messages = fields.pop("messages", [{"role": "user", "content": "hi"}])
    return jobs.of_openai_chat(
        OpenAIChatRequest.model_validate({"model": "m", "messages": messages} | fields)
    )


def test_native_answers_are_streamed_and_openais_are_not_unless_told() -> None:
    assert generate(prompt="hi").stream
    assert not openai_chat().stream


def test_no_prompt_is_a_load_and_with_no_keep_alive_an_unload() -> None:
    assert generate().is_load
    assert not generate().is_unload
    assert generate(keep_alive=0).is_unload
    assert generate(keep_alive="0s").is_unload
    assert not generate(keep_alive=0, prompt="hi").is_unload
    assert jobs.of_chat(ChatRequest(model="m")).is_load


@pytest.mark.parametrize("value", ["soon", True, [1]])
def test_a_keep_alive_that_cannot_be_read_is_refused(value: Any) -> None:
    with pytest.raises(ApiError) as caught:
        generate(keep_alive=value)
    assert caught.value.status == 400


def test_a_system_text_becomes_the_first_turn() -> None:
    turns = generate(prompt="hi", system="be brief").turns
    assert [turn["role"] for turn in turns] == ["system", "user"]


def test_a_raw_prompt_is_not_put_into_turns() -> None:
    job = generate(prompt="hi", raw=True)
    assert (job.raw, job.turns) == ("hi", [])


@pytest.mark.parametrize("other", [{"system": "x"}, {"context": [1]}, {"template": "x"}])
def test_raw_goes_with_nothing_else(other: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="raw mode"):
        generate(prompt="hi", raw=True, **other)


def test_a_template_of_the_clients_own_is_refused() -> None:
    with pytest.raises(ApiError, match="install Ollama") as caught:
        generate(prompt="hi", template="{{ .Prompt }}")
    assert caught.value.status == 501


def test_openais_names_become_options() -> None:
    job = openai_chat(max_tokens=5, stop="x", seed=3, presence_penalty=0.5)
    assert job.options == {
        "num_predict": 5,
        "temperature": 1.0,
        "top_p": 1.0,
        "presence_penalty": 0.5,
        "seed": 3,
        "stop": ["x"],
    }
    assert openai_chat(max_tokens=5, max_completion_tokens=7).options["num_predict"] == 7


def test_parts_of_text_are_joined_and_images_noticed() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    job = openai_chat(messages=[{"role": "user", "content": parts}])
    assert job.turns[0]["content"] == "a\nb"
    assert not job.has_images
    parts.append({"type": "image_url", "image_url": "data:"})
    assert openai_chat(messages=[{"role": "user", "content": parts}]).has_images


@pytest.mark.parametrize(
    ("wanted", "schema"),
    [
        (None, None),
        ({"type": "text"}, None),
        ({"type": "json_object"}, {"type": "object"}),
        ({"type": "json_schema", "json_schema": {"schema": {"type": "array"}}}, {"type": "array"}),
    ],
)
def test_a_response_format_becomes_a_schema(wanted: Any, schema: Any) -> None:
    assert openai_chat(response_format=wanted).schema == schema


def test_a_completion_takes_one_prompt() -> None:
    one = OpenAICompletionRequest(model="m", prompt=["hi"])
    assert jobs.of_openai_completion(one).turns == [{"role": "user", "content": "hi"}]
    with pytest.raises(ApiError, match="prompt must be a string"):
        jobs.of_openai_completion(OpenAICompletionRequest(model="m", prompt=["a", "b"]))


@pytest.mark.parametrize("alternatives", [-1, 21])
def test_a_senseless_number_of_alternatives_is_refused(alternatives: int) -> None:
    with pytest.raises(ApiError, match="top_logprobs"):
        generate(prompt="hi", logprobs=True, top_logprobs=alternatives)


@pytest.mark.parametrize(
    ("job", "sentence"),
    [
        (jobs.of_chat(ChatRequest(model="m", think=True)), '"m" does not support thinking'),
        (jobs.of_chat(ChatRequest(model="m", tools=[{}])), "m does not support tools"),
        (openai_chat(reasoning_effort="high"), '"m" does not support thinking'),
        (generate(prompt="a", suffix="b"), '"m" does not support insert'),
    ],
)
def test_what_the_model_cannot_do_is_refused(job: jobs.Job, sentence: str) -> None:
    with pytest.raises(ApiError) as caught:
        jobs.refuse_unsupported(job, is_embedding_only=False)
    assert (caught.value.status, caught.value.message) == (400, sentence)


def test_images_are_refused_as_a_stream_is_about_to_start() -> None:
    with pytest.raises(StreamError):
        jobs.refuse_unsupported(generate(prompt="a", images=["x"]), is_embedding_only=False)


def test_an_embedding_model_writes_no_text() -> None:
    with pytest.raises(ApiError, match='"m" does not support generate'):
        jobs.refuse_unsupported(generate(prompt="a"), is_embedding_only=True)


def test_a_plain_job_is_not_refused() -> None:
    jobs.refuse_unsupported(openai_chat(reasoning_effort="none"), is_embedding_only=False)
