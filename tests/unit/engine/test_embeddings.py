import pytest

from engine import embeddings


def test_fewer_dimensions_have_length_one_again() -> None:
    assert embeddings.shorten([0.6, 0.0, 0.8], 2) == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize("dimensions", [0, 3, 9])
def test_all_dimensions_stay_as_they_are(dimensions: int) -> None:
    vector = [0.6, 0.0, 0.8]
    assert embeddings.shorten(vector, dimensions) is vector


def test_a_vector_of_zeros_stays_one() -> None:
    assert embeddings.shorten([0.0, 0.0, 1.0], 2) == [0.0, 0.0]
