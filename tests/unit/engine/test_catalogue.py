import pytest

from engine import catalogue
from engine.library import Facts


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (134_515_008, "134.52M"),
        (22_570_000, "22.57M"),
        (8_030_261_312, "8.0B"),
        (7_000_000_000, "7B"),
        (270_000_000, "270M"),
        (999, "999"),
        (1500, "2K"),
    ],
)
def test_parameters_are_counted_as_people_do(count: int, text: str) -> None:
    assert catalogue.parameter_size(count) == text


@pytest.mark.parametrize(
    ("info", "able"),
    [
        ({"general.architecture": "llama"}, ["completion"]),
        ({"general.architecture": "bert", "bert.pooling_type": 1}, ["embedding"]),
    ],
)
def test_a_model_with_its_own_pooling_is_for_embeddings(
    info: dict[str, object], able: list[str]
) -> None:
    assert catalogue.capabilities(Facts("", info, "F16", "", [])) == able
