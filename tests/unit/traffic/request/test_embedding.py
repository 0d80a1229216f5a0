"""Texts become a request for vectors, whose answer is whole when each text has one."""

import json
from typing import Any

import pytest

from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.request.test_sending import begun
from traffic.choices import Api
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.request.embedding import Vectors, build
from traffic.request.reading import REPORTED

TWO = ("Sea", "Lake")


def to_embed(inputs: str | tuple[str, ...] = TWO, **changes: Any) -> PlannedQuestion:
    return question(turns=("",), inputs=inputs, **changes)


def body(api: Api, planned: PlannedQuestion, **memory: Any) -> dict[str, Any]:
    return dict(json.loads(build(api, "m:1b", planned, **memory)))


@pytest.mark.parametrize("api", ["native", "openai"])
def test_a_text_and_a_list_are_sent_as_they_are(api: Api) -> None:
    assert body(api, to_embed("Sea")) == {"model": "m:1b", "input": "Sea"}
    assert body(api, to_embed()) == {"model": "m:1b", "input": ["Sea", "Lake"]}


def test_a_prefix_stands_before_each_text() -> None:
    assert body("native", to_embed(prefix="#1 "))["input"] == ["#1 Sea", "#1 Lake"]
    assert body("native", to_embed("Sea", prefix="#1 "))["input"] == "#1 Sea"


def test_context_and_keep_alive_are_native() -> None:
    assert body("native", to_embed("Sea"), num_ctx=512, keep_alive="60") == {
        "model": "m:1b",
        "input": "Sea",
        "options": {"num_ctx": 512},
        "keep_alive": 60,
    }


def read(api: Api, *pieces: bytes, inputs: str | tuple[str, ...] = TWO) -> Attempt:
    planned = to_embed(inputs)
    attempt = begun(planned)
    it = Vectors(attempt, api, planned)
    for instant, piece in enumerate(pieces, start=1):
        assert not it.feed(float(instant), piece)
    it.finish(float(len(pieces)))
    it.note()
    assert it.judged() == ""
    return attempt


NATIVE = b'{"model":"m","embeddings":[[0.5,-1e-3],[1,2]],"prompt_eval_count":7}'
OPENAI = (
    b'{"object":"list","data":[{"object":"embedding","embedding":[0.5,1],"index":0},'
    b'{"object":"embedding","embedding":[1],"index":1}],"model":"m",'
    b'"usage":{"prompt_tokens":7,"total_tokens":7}}'
)


@pytest.mark.parametrize(("api", "answer"), [("native", NATIVE), ("openai", OPENAI)])
def test_a_whole_answer_has_its_tokens_and_no_first_token(api: Api, answer: bytes) -> None:
    attempt = read(api, answer[:30], answer[30:])
    assert attempt.is_ok
    assert attempt.usage is not None
    assert (attempt.usage.prompt_tokens, attempt.usage.generated_tokens) == (7, None)
    assert (attempt.first_byte, attempt.first_content, attempt.chunks) == (1.0, None, 0)


def test_one_text_has_one_vector() -> None:
    assert read("native", b'{"embeddings":[[1]]}', inputs="Sea").is_ok


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b'{"embeddings":[[1,2]]}', 1),
        (b'{"embeddings":[[1],[2],[3]]}', 3),
        (b'{"embeddings":[[1],[]]}', 1),
        (b'{"embeddings":[[1],null]}', 1),
        (b'{"embeddings":[[1],"AAAA"]}', 1),
        (b'{"embeddings":[]}', 0),
        (b'{"embeddings":"[["}', 0),
        (b'{"data":[{"index":0},{"index":1}]}', 0),
        (b"{}", 0),
        (b"", 0),
        (b"\xff[[[", 0),
        (NATIVE[:-1], 0),
        (b"[" * 100_000, 0),
    ],
)
def test_an_answer_with_another_number_of_vectors_is_unreadable(answer: bytes, found: int) -> None:
    attempt = read("native", answer)
    assert attempt.failure is Failure.UNREADABLE
    assert attempt.detail == f"expected 2 vectors, found {found}"


def test_an_error_in_place_of_vectors_is_the_servers() -> None:
    attempt = read("native", b'{"error":"no"}')
    assert (attempt.failure, attempt.detail) == (Failure.STREAM_ERROR, REPORTED)


def test_an_answer_without_end_is_left() -> None:
    it = Vectors(attempt := begun(planned := to_embed()), "native", planned)
    piece = b'{"embeddings":[[' + b"1," * 2**19
    assert any(it.feed(float(number), piece) for number in range(32))
    it.note()
    it.judged()
    assert attempt.failure is Failure.UNREADABLE
