import json
from typing import Any

import pytest

from engine import shapes_native
from engine.generation import End, Piece
from engine.shapes import Facts
from tests.fakes import captures

END = End("length", prompt_tokens=15, prompt_ns=91, answer_tokens=12, answer_ns=190)
FACTS = Facts(END, total_ns=806, load_ns=522)


def lines(name: str) -> list[Any]:
    return [json.loads(line) for line in captures.load(name).body.splitlines()]


def keys(document: Any) -> list[str]:
    return list(document)


def test_a_streamed_chat_has_the_recorded_keys() -> None:
    shape = shapes_native.Chat("m")
    recorded = lines("chat-stream")
    assert keys(json.loads(shape.piece(Piece("a")))) == keys(recorded[0])
    assert keys(json.loads(shape.last(FACTS))) == keys(recorded[-1])


def test_a_streamed_generation_has_the_recorded_keys() -> None:
    shape = shapes_native.Generate("m", gives_context=True)
    recorded = lines("generate-stream")
    with_context = Facts(END, 806, 522, context=[1, 2])
    assert keys(json.loads(shape.piece(Piece("a")))) == keys(recorded[0])
    assert keys(json.loads(shape.last(with_context))) == keys(recorded[-1])


def test_a_whole_answer_joins_its_pieces() -> None:
    told = json.loads(shapes_native.Chat("m").whole([Piece("a"), Piece("b")], FACTS))
    assert told["message"] == {"role": "assistant", "content": "ab"}
    assert (told["done"], told["done_reason"], told["eval_count"]) == (True, "length", 12)
    assert keys(told) == keys(lines("chat-json")[0])


def test_a_number_that_is_zero_is_absent() -> None:
    nothing = Facts(End("stop", 0, 0, 0, 0), total_ns=1, load_ns=0)
    told = json.loads(shapes_native.Chat("m").last(nothing))
    assert keys(told) == [
        *("model", "created_at", "message", "done", "done_reason", "total_duration")
    ]


@pytest.mark.parametrize("reason", ["load", "unload"])
def test_a_load_has_no_numbers(reason: str) -> None:
    told = json.loads(shapes_native.Generate("m", gives_context=True).loaded(reason))
    recorded = json.loads(captures.load("generate-load").body)
    assert keys(told) == keys(recorded)
    assert told["done_reason"] == reason


def test_log_probabilities_follow_the_text() -> None:
    token = {"id": 1, "token": "a", "bytes": [97], "logprob": -0.5, "top_logprobs": []}
    piece = Piece("a", (token, token | {"top_logprobs": [token]}))
    told = json.loads(shapes_native.Chat("m").piece(piece))
    plain = {"token": "a", "logprob": -0.5, "bytes": [97]}
    assert told["logprobs"] == [plain, plain | {"top_logprobs": [plain]}]
    assert list(told["logprobs"][0]) == ["token", "logprob", "bytes"]


def test_a_broken_stream_ends_with_the_error() -> None:
    assert shapes_native.Chat("m").broken("gone") == b'{"error":"gone"}\n'
