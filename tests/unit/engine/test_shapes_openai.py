import json
from typing import Any

import pytest

from engine import shapes_openai
from engine.generation import End, Piece
from engine.shapes import Facts
from tests.fakes import captures

FACTS = Facts(End("length", 15, 91, 12, 190), total_ns=806, load_ns=522)
Shape = shapes_openai.Chat | shapes_openai.Completion


def documents(stream: bytes) -> list[Any]:
    events = [event.removeprefix(b"data: ") for event in stream.split(b"\n\n") if event]
    return [event if event == b"[DONE]" else json.loads(event) for event in events]


def told(shape: Shape) -> list[Any]:
    return documents(shape.piece(Piece("a")) + shape.piece(Piece("b")) + shape.last(FACTS))


def form(document: Any) -> Any:
    if isinstance(document, dict):
        return [(key, form(value)) for key, value in document.items()]
    if isinstance(document, list):
        return [form(item) for item in document]
    return document if document in (None, b"[DONE]") else type(document).__name__


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("v1-chat-stream", shapes_openai.Chat("m", include_usage=False)),
        ("v1-chat-stream-usage", shapes_openai.Chat("m", include_usage=True)),
        ("v1-completions-stream", shapes_openai.Completion("m", include_usage=False)),
        ("v1-completions-stream-usage", shapes_openai.Completion("m", include_usage=True)),
    ],
)
def test_a_stream_has_the_recorded_form(name: str, shape: Shape) -> None:
    recorded, got = documents(captures.load(name).body), told(shape)
    ending = len(got) - 2
    assert [form(x) for x in got[:2]] == [form(x) for x in recorded[:2]]
    assert [form(x) for x in got[2:]] == [form(x) for x in recorded[-ending:]]


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("v1-chat-json", shapes_openai.Chat("m", include_usage=False)),
        ("v1-completions-json", shapes_openai.Completion("m", include_usage=False)),
    ],
)
def test_a_whole_answer_has_the_recorded_form(name: str, shape: Shape) -> None:
    got = shape.whole([Piece("a"), Piece("b")], FACTS)
    assert form(json.loads(got)) == form(json.loads(captures.load(name).body))
    assert got.endswith(b"\n")
    assert json.loads(got)["usage"] == {
        "prompt_tokens": 15,
        "completion_tokens": 12,
        "total_tokens": 27,
    }


def test_end_usage_and_marker_are_one_chunk() -> None:
    last = shapes_openai.Chat("m", include_usage=True).last(FACTS)
    assert last.count(b"data: ") == 3
    assert last.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("broken-v1-chat-stream", shapes_openai.Chat("m", include_usage=False)),
        ("broken-v1-completions-stream", shapes_openai.Completion("m", include_usage=False)),
    ],
)
def test_a_broken_stream_ends_as_recorded(name: str, shape: Shape) -> None:
    (got,) = documents(shape.broken("gone"))
    (recorded,) = documents(captures.load(name).chunks[-1][1])
    assert form(got) == form(recorded)
    assert got["model"] == ""


def test_every_chunk_of_an_answer_has_its_identifier() -> None:
    got = told(shapes_openai.Chat("m", include_usage=True))
    assert len({document["id"] for document in got[:-1]}) == 1
