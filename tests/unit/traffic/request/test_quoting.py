"""What a server says is held against the question that it was sent."""

import json

import pytest

from traffic.request.quoting import is_quoted

LONG = 'My secret plan\nis to "paint" the door green, bien sûr, by Monday.'


def request(*contents: str, **others: object) -> bytes:
    messages = [{"role": "user", "content": content} for content in contents]
    return json.dumps({"model": "m:1b", "messages": messages, **others}).encode()


@pytest.mark.parametrize(
    "said",
    [
        'bad prompt: is to "paint" the door',
        'bad prompt: My secret plan is to "pa...',
        r'at: {"content": "My secret plan\nis to \"paint',
        r"at: the door green, bien s\u00fbr, by",
    ],
)
def test_a_piece_of_a_message_is_found_as_it_is_and_as_json_has_it(said: str) -> None:
    assert is_quoted(said, request("Hello", LONG))


def test_a_system_prompt_that_stands_apart_is_found() -> None:
    assert is_quoted("no: You are a helpful pirate", request(system="You are a helpful pirate."))


def test_a_short_message_counts_as_a_whole() -> None:
    assert is_quoted("cannot answer: Who am I?", request("Who am I?"))
    assert not is_quoted("cannot answer: Who am", request("Who am I?"))


def test_words_that_any_sentence_has_are_no_quotation() -> None:
    assert not is_quoted("model 'm:1b' not found", request("not", "found", LONG, ""))
    assert not is_quoted("the door green", request(LONG))


@pytest.mark.parametrize("given", [LONG, ["Hello", LONG]])
def test_a_text_to_embed_is_found(given: object) -> None:
    sent = json.dumps({"model": "m:1b", "input": given}).encode()
    assert is_quoted('bad input: is to "paint" the door', sent)
    assert not is_quoted("model 'm:1b' not found", sent)
