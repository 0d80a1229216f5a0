import pytest

from gpu_exporter.fit.words import listed, several, size, until


@pytest.mark.parametrize(
    ("bytes_", "said"),
    [(0, "0 B"), (999, "999 B"), (1500, "2 kB"), (209505483, "210 MB"), (2019393189, "2.0 GB")],
)
def test_a_size_is_decimal_as_ollama_writes_it(bytes_: float, said: str) -> None:
    assert size(bytes_) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "any moment"), (42, "in 42 s"), (125, "in 2 min 5 s"), (7500, "in 2 h 5 min")],
)
def test_a_time_is_in_its_largest_units(seconds: float, said: str) -> None:
    assert until(seconds) == said


def test_names_are_listed_as_one_says_them() -> None:
    assert [listed(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_one_is_no_plural() -> None:
    assert (several(1, "layer"), several(2, "layer")) == ("1 layer", "2 layers")
