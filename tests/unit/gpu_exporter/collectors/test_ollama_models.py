"""What is read of the models on an Ollama's disk, over real HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from gpu_exporter.board import Fact
from gpu_exporter.collectors.ollama_models import ASK_SECONDS, OllamaModels, select
from gpu_exporter.errors import Unavailable
from gpu_exporter.http import WrongAnswerError
from ollama_observe.metrics.catalogue import exporter
from ollama_observe.metrics.catalogue import ollama as m
from ollama_observe.wire.installed import InstalledModel, read_installed
from ollama_observe.wire.loaded import LoadedModel
from tests.clock import Clock
from tests.fakes import captures
from tests.machines import Series, read
from tests.ollamas import DIGEST, WrittenOllama, asking, serving
from tests.ports import free_port

TURN = 5.0


class Watched:
    """A written Ollama, and the collector that asks it."""

    def __init__(self, url: str, script: WrittenOllama, **settings: Any) -> None:
        self.script = script
        self.clock = Clock()
        self.context = asking(url, self.clock, model_label_limit=3, **settings)
        self.collector = OllamaModels(self.context)
        self.pin()

    def turn(self) -> dict[Series, float]:
        found = read(self.collector)
        self.clock.now += TURN
        return found

    def installed(self) -> tuple[str, ...] | None:
        """The names on the board; None where nothing is pinned."""
        fact = self.context.board.installed
        return None if fact is None else tuple(fact.value)

    def pin(self, *names: str) -> None:
        """Say on the board which models are loaded."""
        models = [LoadedModel(name, DIGEST, 1, 1, 1, None) for name in names]
        self.context.board.loaded = Fact(self.clock.now, models)


@pytest.fixture
def watched() -> Iterator[Watched]:
    script = WrittenOllama()
    with serving(script) as server:
        watched = Watched(server.url, script)
        yield watched
        watched.collector.close()


def sizes(found: dict[Series, float]) -> list[str]:
    """The models that have a size, and so all that a model on disk has."""
    named = [key[1] for key in found if key[0] == m.SIZE.name]
    assert named == [key[1] for key in found if key[0] == m.MODEL_INFO.name]
    return named


def test_a_model_is_described(watched: Watched) -> None:
    details = {"family": "llama", "parameter_size": "8.0B", "quantization_level": "Q4_K_M"}
    watched.script.install("m:8b", details=details, size=5)
    assert watched.turn() == {
        (m.MODELS.name,): 1,
        (exporter.DROPPED_MODELS.name,): 0,
        (m.SIZE.name, "m:8b"): 5,
        (m.MODEL_INFO.name, "m:8b", DIGEST[:12], "llama", "8.0B", "Q4_K_M", "local"): 1,
    }


def test_an_empty_disk_is_told(watched: Watched) -> None:
    assert watched.turn() == {(m.MODELS.name,): 0, (exporter.DROPPED_MODELS.name,): 0}


def locations(found: dict[Series, float]) -> dict[str, str]:
    return {key[1]: key[-1] for key in found if key[0] == m.MODEL_INFO.name}


def test_a_model_in_the_cloud_is_one_like_others_but_is_not_expected_to_be_loaded(
    watched: Watched,
) -> None:
    watched.script.install("big:cloud", size=0, digest="", remote_host="https://example.com")
    watched.script.install("alias", remote_model="big:120b", remote_host="http://gpu-box:11434")
    watched.script.install("small:8b")
    found = watched.turn()
    assert (found[m.MODELS.name,], found[m.SIZE.name, "big:cloud"]) == (3, 0)
    assert found[exporter.DROPPED_MODELS.name,] == 0
    assert locations(found) == {
        "big:cloud": "cloud",
        "alias:latest": "cloud",
        "small:8b": "local",
    }
    assert watched.installed() == ("small:8b",)


def test_those_modified_last_have_series_and_the_rest_is_counted(watched: Watched) -> None:
    for name in "abcde":
        watched.script.install(f"{name}:1")
    found = watched.turn()
    assert sizes(found) == ["a:1", "b:1", "c:1"]
    assert (found[m.MODELS.name,], found[exporter.DROPPED_MODELS.name,]) == (5, 2)
    assert watched.installed() == ("a:1", "b:1", "c:1")


def test_what_is_loaded_has_series_before_others(watched: Watched) -> None:
    for name in "abcde":
        watched.script.install(f"{name}:1")
    watched.pin("e:1")
    assert sizes(watched.turn()) == ["a:1", "b:1", "e:1"]


def test_however_many_are_loaded_those_on_disk_are_bounded(watched: Watched) -> None:
    names = [f"m{number}:1" for number in range(50)]
    for name in names:
        watched.script.install(name)
    watched.pin(*reversed(names), "deleted:1")
    found = watched.turn()
    assert sizes(found) == ["m47:1", "m48:1", "m49:1"]
    assert watched.installed() == ("m47:1", "m48:1", "m49:1")
    assert (found[m.MODELS.name,], found[exporter.DROPPED_MODELS.name,]) == (50, 48)


@pytest.mark.parametrize(
    ("loaded", "limit", "shown"),
    [
        ("", 2, "ab"),
        ("d", 2, "ad"),
        ("cd", 2, "cd"),
        ("bcd", 2, "bc"),
        ("xyz", 2, "ab"),
        ("", 9, "abcd"),
    ],
)
def test_loaded_models_go_before_others(loaded: str, limit: int, shown: str) -> None:
    models = [InstalledModel(name, "", 1, None, "", "", "") for name in "abcd"]
    assert "".join(model.name for model in select(models, set(loaded), limit)) == shown


def test_the_recorded_models_are_told(watched: Watched) -> None:
    models = read_installed(captures.load("tags").body) or []
    for model in models:
        watched.script.install(model.name, size=model.size_bytes)
    found = watched.turn()
    assert found[m.MODELS.name,] == len(models) == 5


def test_the_list_is_asked_for_less_often_than_it_is_told(watched: Watched) -> None:
    watched.script.install("a")
    for _ in range(int(ASK_SECONDS / TURN) + 1):
        assert sizes(watched.turn()) == ["a:latest"]
    assert watched.script.asked == ["/api/tags"]
    watched.script.install("b")
    assert sizes(watched.turn()) == ["a:latest", "b:latest"]


def test_a_model_that_was_loaded_and_is_not_in_the_list_asks_for_it(watched: Watched) -> None:
    watched.turn()
    watched.script.install("new")
    watched.pin("new:latest")
    assert sizes(watched.turn()) == ["new:latest"]
    assert len(watched.script.asked) == 2


def test_what_was_listed_goes_at_once_where_ollama_no_longer_answers(watched: Watched) -> None:
    watched.script.install("a")
    watched.turn()
    watched.context.board.loaded = None
    with pytest.raises(Unavailable, match=r"^no Ollama answers at http://127\.0\.0\.1:[0-9]+$"):
        watched.turn()
    assert watched.installed() is None
    assert watched.script.asked == ["/api/tags"]
    watched.pin()
    assert sizes(watched.turn()) == ["a:latest"]
    assert len(watched.script.asked) == 2


def test_where_nobody_is_to_ask_what_is_loaded_the_list_is_told_all_the_same(
    watched: Watched,
) -> None:
    url = watched.context.settings.ollama_url
    alone = Watched(url, watched.script, without="gpu_cards, ollama_server")
    watched.script.install("a")
    alone.context.board.loaded = None
    assert sizes(alone.turn()) == sizes(alone.turn()) == ["a:latest"]
    assert watched.script.asked == ["/api/tags"]
    alone.collector.close()


def test_nobody_there_is_nothing_to_read() -> None:
    watched = Watched(f"http://127.0.0.1:{free_port()}", WrittenOllama())
    watched.context.board.installed = Fact(0.0, ())
    with pytest.raises(Unavailable, match="gave no answer"):
        watched.turn()
    assert watched.installed() is None
    watched.collector.close()


@pytest.mark.parametrize("body", [b"<html>", b"{}"])
def test_something_else_there_is_an_error_in_words(watched: Watched, body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    watched.script.instead = lambda call: head + body
    with pytest.raises(WrongAnswerError, match="something else to /api/tags, not as Ollama"):
        watched.turn()


def test_after_an_error_the_list_is_asked_for_at_once(watched: Watched) -> None:
    watched.turn()
    watched.clock.now += ASK_SECONDS
    watched.script.instead = lambda call: b""
    with pytest.raises(Unavailable):
        watched.turn()
    watched.script.instead = None
    assert watched.turn()[m.MODELS.name,] == 0
