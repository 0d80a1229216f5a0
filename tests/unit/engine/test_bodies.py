import pytest

from engine import bodies
from engine.errors import ApiError, Dialect
from engine.requests import ChatRequest, OpenAIChatRequest


def refusal(body: bytes, dialect: Dialect = Dialect.NATIVE) -> str:
    with pytest.raises(ApiError) as caught:
        bodies.parse(ChatRequest, body, dialect)
    assert (caught.value.status, caught.value.in_body) == (400, True)
    return caught.value.message


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "missing request body"),
        (b"  \n", "missing request body"),
        (b'{"model": "a', "unexpected EOF"),
        (b'{"model": ', "unexpected EOF"),
        (b"\x1f\x8b", r"invalid character '\x1f' looking for beginning of value"),
        (b"{,}", "invalid character ',' looking for beginning of object key string"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":1 "b":2}', "invalid character '\"' after object key:value pair"),
        (b'{"a":NaN}', "invalid character 'N' looking for beginning of value"),
        (b"[" * 100_000, "exceeded max depth"),
        (b'{"a":' * 5000 + b'"\\ud800"' + b"}" * 5000, "exceeded max depth"),
        (
            b'{"options":{"num_predict":1e999}}',
            "json: cannot unmarshal number 1e999 into Go value of type float64",
        ),
        (
            b'{"options":{"seed":' + b"9" * 5000 + b"}}",
            f"json: cannot unmarshal number {'9' * 40}... into Go value of type float64",
        ),
        (b"[]", "json: cannot unmarshal array into Go value of type object"),
        (
            b'{"model":5}',
            "json: cannot unmarshal number into Go struct field ChatRequest.model of type string",
        ),
        (
            b'{"stream":"yes"}',
            "json: cannot unmarshal string into Go struct field ChatRequest.stream of type bool",
        ),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_gos_words(body: bytes, sentence: str) -> None:
    assert refusal(body) == sentence


def test_an_empty_body_has_another_word_in_the_openai_dialect() -> None:
    assert refusal(b"", Dialect.OPENAI) == "EOF"


def test_null_is_absent_and_what_follows_the_document_is_ignored() -> None:
    read = bodies.parse(ChatRequest, b'{"model":"m","stream":null} trailing', Dialect.NATIVE)
    assert (read.model, read.stream) == ("m", True)


def test_null_is_absent_inside_a_message_too_but_not_inside_a_schema() -> None:
    body = b'{"messages":[{"role":null,"content":null}],"format":{"enum":[null],"const":null}}'
    read = bodies.parse(ChatRequest, body, Dialect.NATIVE)
    assert (read.messages[0].role, read.messages[0].content) == ("", "")
    assert read.format == {"enum": [None], "const": None}


def test_a_field_that_takes_several_kinds_is_named_without_them() -> None:
    with pytest.raises(ApiError, match=r"OpenAIChatRequest\.temperature of type float64"):
        bodies.parse(OpenAIChatRequest, b'{"temperature":"x"}', Dialect.OPENAI)


def test_broken_characters_become_replacement_characters() -> None:
    body = b'{"messages":[{"role":"user","content":"a\\ud83d b\xff"}],"model":"m"}'
    read = bodies.parse(ChatRequest, body, Dialect.NATIVE)
    assert read.messages[0].content == "a\ufffd b\ufffd"


def test_whole_surrogate_pairs_stay() -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":"\\ud83d\\ude00"}]}'
    assert bodies.parse(OpenAIChatRequest, body, Dialect.OPENAI).messages[0].content == "😀"
