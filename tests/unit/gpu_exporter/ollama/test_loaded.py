"""Where the memory of a loaded model is."""

import pytest

from gpu_exporter.ollama.loaded import LoadedModel, gpu_ratio, spill_bytes, vram_bytes


def model(memory: int | None, vram: int | None) -> LoadedModel:
    return LoadedModel("m:latest", "", memory, vram, None, None)


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
    assert spill_bytes(model(memory, vram)) == spill
    assert gpu_ratio(model(memory, vram)) == ratio


def test_the_memory_of_all_models_is_known_if_it_is_of_each() -> None:
    assert vram_bytes([]) == 0
    assert vram_bytes([model(1, 0), model(9, 5), model(9, 3)]) == 8
    assert vram_bytes([model(9, 5), model(9, None)]) is None
