"""Which weights a model has, as Ollama shows it and as its runner was told."""

import json

import pytest

from ollama_observe.wire.weights import weights_in, weights_of
from tests.fakes import captures

DIGEST = "941f309b54caaad6747569ba43712bcde44a2be3bae16c3282ff499c37c54af5"
OTHER = DIGEST[::-1]


def shown(modelfile: object) -> bytes:
    return json.dumps({"modelfile": modelfile}).encode()


def test_the_recorded_model_names_its_blob() -> None:
    assert weights_in(captures.load("show").body) == DIGEST


def test_the_first_file_is_the_model_and_a_projector_follows() -> None:
    blob = "/models/blobs/sha256-"
    assert weights_in(shown(f"# FROM m\n\nFROM {blob}{DIGEST}\nFROM {blob}{OTHER}\n")) == DIGEST


def test_a_file_that_is_no_blob_is_found_again_by_its_path() -> None:
    path = "/Data/models/m@8b.gguf"
    assert weights_in(shown(f"FROM {path}\nTEMPLATE x")) == weights_of(path) != ""


def test_a_model_that_is_named_is_found_in_any_spelling() -> None:
    assert weights_of("Library/M") == "m:latest"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{}", b"[]", shown(None), shown(7), shown(""), shown("# FROM m\nfrom x")],
)
def test_what_does_not_say_says_nothing(body: bytes) -> None:
    assert weights_in(body) == ""
