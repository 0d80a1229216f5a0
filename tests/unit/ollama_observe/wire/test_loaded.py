"""What /api/ps says of the loaded models."""

import json

import pytest

from ollama_observe.wire.loaded import LoadedModel, context_lengths, read_loaded
from tests.fakes import captures

DIGEST = "fd5f44c0b5aff6453726119fc560d73a8a995a55b4a49804bc24b1969ecf1794"


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


def read(*entries: object) -> list[LoadedModel] | None:
    return read_loaded(json.dumps({"models": entries}).encode())


def test_a_recorded_model_is_read_whole() -> None:
    models = read_loaded(captures.load("ps-two-models").body)
    assert models is not None
    assert models[0] == LoadedModel(
        name="smollm2:135m",
        digest=DIGEST,
        memory_bytes=209_505_483,
        vram_bytes=0,
        context_tokens=4096,
        expires_at=1_795_416_871.146568,
    )
    assert [model.name for model in models] == ["smollm2:135m", "all-minilm:22m"]


@pytest.mark.parametrize(
    "expires_at",
    [
        "2318-03-05T05:00:00.123456789Z",  # keep_alive -1
        "0001-01-01T00:00:00Z",  # not set
        "12318-03-05T05:00:00Z",
        "",
        7,
        None,
    ],
)
def test_a_model_that_stays_has_no_expiry(expires_at: object) -> None:
    (model,) = read({"name": "m", "expires_at": expires_at}) or []
    assert model == LoadedModel("m:latest", "", None, None, None, None)


def test_a_century_is_a_long_time_but_an_expiry() -> None:
    (model,) = read({"name": "m", "expires_at": "2126-11-23T00:00:00Z"}) or []
    assert model.expires_at == 4_951_065_600


def test_a_name_that_is_loaded_twice_is_one_model_with_the_memory_of_both() -> None:
    fresh = {"name": "m", "digest": DIGEST, "size": 3, "size_vram": 2, "context_length": 8}
    stale = {"name": "M:latest", "digest": DIGEST[::-1], "size": 30, "context_length": 9}
    assert read(fresh, stale) == [LoadedModel("m:latest", DIGEST, 33, None, 8, None)]


def test_a_model_without_memory_of_its_own_is_read() -> None:
    assert read({"name": "big:cloud", "size": 0, "size_vram": 0}) == [
        LoadedModel("big:cloud", "", 0, 0, None, None)
    ]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"models":7}'])
def test_another_body_is_told_apart_from_nothing_loaded(body: bytes) -> None:
    assert read_loaded(body) is None
    assert read_loaded(b'{"models":[]}') == []


@pytest.mark.parametrize(
    ("memory", "vram", "spill", "ratio"),
    [
        (100, 75, 25, 0.75),
        (100, 100, 0, 1.0),
        (100, 0, 100, 0.0),
        (100, 120, 0, 1.0),  # more on the card than there is: an estimate beside a measurement
        (0, 0, 0, None),
        (None, 75, None, None),
        (100, None, None, None),
    ],
)
def test_what_is_not_on_a_card_is_spilled(
    memory: int | None, vram: int | None, spill: int | None, ratio: float | None
) -> None:
    model = LoadedModel("m:latest", "", memory, vram, None, None)
    assert (model.spill_bytes, model.gpu_ratio) == (spill, ratio)
