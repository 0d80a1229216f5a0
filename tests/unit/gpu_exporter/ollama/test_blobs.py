"""Names of models by their weights, and their longest contexts, asked for seldom."""

import pytest

from gpu_exporter.ollama.blobs import MODELS_LIMIT, Blobs, Shown
from ollama_observe.wire.loaded import LoadedModel
from tests.clock import Clock


class Asked:
    """Says the weights of models, and keeps what it was asked."""

    def __init__(self, **weights: str) -> None:
        self.weights = weights
        self.asked: list[str] = []

    def __call__(self, name: str) -> Shown:
        self.asked.append(name)
        return Shown(self.weights.get(name, ""))


def upper(name: str) -> Shown:
    return Shown(name.upper())


def model(name: str, digest: str = "d") -> LoadedModel:
    return LoadedModel(name, digest, None, None, None, None)


def test_a_model_is_asked_for_once() -> None:
    blobs, shown = Blobs(Clock()), Asked(a="w", b="v")
    for _ in range(3):
        blobs.learn([model("a"), model("b")], shown)
    assert shown.asked == ["a", "b"]
    assert blobs.names([model("a"), model("b")]) == {"a": "a", "b": "b", "w": "a", "v": "b"}


def test_another_manifest_is_asked_for_anew() -> None:
    blobs, shown = Blobs(Clock()), Asked(a="w")
    blobs.learn([model("a")], shown)
    shown.weights["a"] = "v"
    blobs.learn([model("a", "e")], shown)
    assert shown.asked == ["a", "a"]
    assert blobs.names([model("a", "e")]) == {"a": "a", "w": "a", "v": "a"}


def test_two_names_of_one_file_are_joined() -> None:
    blobs = Blobs(Clock())
    models = [model("b"), model("a")]
    blobs.learn(models, Asked(a="w", b="w"))
    assert blobs.names(models)["w"] == "a+b"


def test_the_name_that_is_loaded_goes_before_the_ones_that_were() -> None:
    blobs = Blobs(Clock())
    blobs.learn([model("b"), model("a")], Asked(a="w", b="w"))
    assert blobs.names([model("b")])["w"] == "b"
    assert blobs.names([])["w"] == "a+b"


def test_a_name_that_would_be_too_long_is_left_out() -> None:
    blobs = Blobs(Clock())
    names = ["x" * 200 + end for end in "ab"]
    blobs.learn([model(name) for name in names], lambda name: Shown("w"))
    assert blobs.names([])["w"] == "other"


def test_a_turn_asks_for_some_models_only() -> None:
    blobs, shown = Blobs(Clock()), Asked()
    models = [model(str(number)) for number in range(10)]
    blobs.learn(models, shown)
    assert len(shown.asked) == 4
    blobs.learn(models, shown)
    blobs.learn(models, shown)
    assert sorted(shown.asked) == sorted(model.name for model in models)


def test_what_was_not_said_is_asked_for_again_after_a_while() -> None:
    clock, shown = Clock(), Asked()
    blobs = Blobs(clock)
    blobs.learn([model("a")], shown)
    clock.now += 299
    blobs.learn([model("a")], shown)
    assert (shown.asked, blobs.names([])) == (["a"], {})
    clock.now += 1
    shown.weights["a"] = "w"
    blobs.learn([model("a")], shown)
    assert (shown.asked, blobs.names([])) == (["a", "a"], {"w": "a"})


def test_a_question_without_an_answer_is_asked_in_the_next_turn() -> None:
    blobs, shown = Blobs(Clock()), Asked(a="w")

    def fail(name: str) -> Shown:
        raise ConnectionError(name)

    with pytest.raises(ConnectionError):
        blobs.learn([model("a")], fail)
    blobs.learn([model("a")], shown)
    assert shown.asked == ["a"]


def test_the_models_loaded_longest_ago_are_forgotten() -> None:
    blobs = Blobs(Clock())
    blobs.learn([model("first")], upper)
    for number in range(MODELS_LIMIT - 1):
        blobs.learn([model(str(number))], Shown)
    assert blobs.names([])["FIRST"] == "first"
    blobs.learn([model("first")], Shown)
    blobs.learn([model("last")], Shown)
    names = blobs.names([])
    assert len(names) == MODELS_LIMIT
    assert "FIRST" in names
    assert "0" not in names


def test_of_more_models_than_are_remembered_none_is_asked_for_twice() -> None:
    blobs, shown = Blobs(Clock()), Asked()
    models = [model(str(number)) for number in range(MODELS_LIMIT + 50)]
    for _ in range(MODELS_LIMIT):
        blobs.learn(models, shown)
    assert len(shown.asked) == len(set(shown.asked)) == MODELS_LIMIT


def test_the_longest_context_of_a_model_is_remembered_for_what_is_loaded() -> None:
    blobs = Blobs(Clock())
    told = {"a": Shown("w", 8192), "b": Shown("v")}
    models = [model("a"), model("b")]
    blobs.learn(models, told.__getitem__)
    assert blobs.trained([*models, model("never-asked")]) == {"a": 8192}
    assert blobs.trained([model("a", "another")]) == {}
