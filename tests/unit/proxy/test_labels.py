"""Labels that clients have a say in: admitted, bounded, of one spelling."""

from proxy.labels import BoundedLabels, ModelLabels


def labels(limit: int = 2) -> tuple[ModelLabels, list[int]]:
    overflows: list[int] = []
    return ModelLabels(BoundedLabels(limit, lambda: overflows.append(1))), overflows


def test_a_model_is_other_until_the_upstream_has_answered_for_it() -> None:
    models, _ = labels()
    assert models.known("m") == "other"
    assert models.admit("M") == "m:latest"
    assert models.known("M") == "m:latest"
    assert models.known("library/m:latest") == "m:latest"


def test_beyond_the_limit_a_model_is_other_and_counted() -> None:
    models, overflows = labels(limit=1)
    models.admit("a")
    assert models.admit("b") == "other"
    assert models.admit("a") == "a:latest"
    assert len(overflows) == 1


def test_each_model_that_is_let_in_is_told_once() -> None:
    new: list[str] = []
    models = ModelLabels(BoundedLabels(2, lambda: None, new.append))
    for name in ("a", "A", "library/a:latest", "b", "c", "", "b:latest"):
        models.admit(name)
    assert new == ["a:latest", "b:latest"]


def test_what_is_no_model_name_is_other() -> None:
    models, overflows = labels()
    assert [models.admit(name) for name in (None, "", "a\nb")] == ["other"] * 3
    assert not overflows


def test_spellings_of_one_model_without_end_are_one_label_and_little_memory() -> None:
    models, overflows = labels(limit=1)
    spellings = [" " * n + "m" for n in range(300)]
    assert {models.admit(spelling) for spelling in spellings} == {"m:latest"}
    assert len(models._spellings) < 20
    assert not overflows


def test_a_bounded_label_is_other_before_and_beyond() -> None:
    overflows: list[int] = []
    users = BoundedLabels(1, lambda: overflows.append(1))
    assert (users.known("a"), users.admit("a"), users.known("a")) == ("other", "a", "a")
    assert (users.admit("b"), len(overflows)) == ("other", 1)
