"""Which models have series of their own."""

from gpu_exporter.model_names import ModelNames


def test_the_first_have_a_place_each_and_all_further_ones_none() -> None:
    names = ModelNames(2)
    assert [names.admit(name) for name in "babc"] == [True, True, False, False]
    assert [names.label(name) for name in "abc"] == ["a", "b", "other"]
    assert list(names) == ["a", "b"]
    assert [name in names for name in "abc"] == [True, True, False]


def test_places_are_taken_one_by_one() -> None:
    names = ModelNames(2)
    left = [names.left]
    for name in "aabc":
        names.admit(name)
        left.append(names.left)
    assert left == [2, 1, 1, 0, 0]


def test_what_is_no_model_takes_no_place() -> None:
    names = ModelNames(1)
    assert [names.admit(name) for name in ("other", "none", "")] == [False] * 3
    assert [names.label(name) for name in ("other", "none", "")] == ["other", "none", "other"]
    assert names.admit("a")
