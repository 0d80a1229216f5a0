"""Loaded models: what each holds, and in which order they go."""

from gpu_exporter.fit.residents import Freeing, Resident, freeings, residents_of
from ollama_observe.wire.loaded import LoadedModel, read_loaded
from tests.fakes import captures


def loaded(name: str, memory: int | None, vram: int | None, at: float | None) -> LoadedModel:
    return LoadedModel(name, "", memory, vram, 4096, at)


def test_what_is_not_on_a_card_is_in_main_memory() -> None:
    (one,) = residents_of([loaded("a", 100, 60, 5.0)])
    assert one == Resident("a", 60, 40, 4096, 5.0)
    assert one.memory == 100


def test_what_is_not_told_is_nothing_and_nothing_is_below_that() -> None:
    assert residents_of([loaded("a", None, None, None)])[0].memory == 0
    assert residents_of([loaded("a", 10, 60, None)])[0].on_host == 0


def test_those_that_go_first_come_first_and_those_that_stay_last() -> None:
    models = [loaded("stays", 1, 1, None), loaded("late", 1, 1, 9.0), loaded("soon", 1, 1, 5.0)]
    assert [one.name for one in residents_of(models)] == ["soon", "late", "stays"]


def test_what_frees_itself_adds_up() -> None:
    models = [loaded("a", 100, 60, 5.0), loaded("b", 30, 30, 9.0), loaded("c", 1, 1, None)]
    assert freeings(residents_of(models)) == [
        Freeing("a", 5.0, 60, 40),
        Freeing("b", 9.0, 90, 40),
    ]


def test_models_that_a_real_ollama_listed_are_read() -> None:
    found = residents_of(read_loaded(captures.load("ps-two-models").body) or [])
    assert [one.name for one in found] == ["smollm2:135m", "all-minilm:22m"]
    assert [one.on_host for one in found] == [209505483, 51359251]
    assert all(one.frees_at is not None for one in found)
