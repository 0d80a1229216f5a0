"""Model labels: admitted, bounded, of one spelling."""

from proxy.labels import ModelLabels


def labels(limit: int = 2) -> tuple[ModelLabels, list[int]]:
    overflows: list[int] = []
    return ModelLabels(limit, lambda: overflows.append(1)), overflows


def test_a_model_is_other_until_the_upstream_has_answered_for_it() -> None:
    models, _ = labels()
    assert models.known("m") == "other"
    assert models.admit("M") == "m:latest"
    assert models.known("library/m:latest") == "m:latest"


def test_beyond_the_limit_a_model_is_other_and_counted() -> None:
    models, overflows = labels(limit=1)
    models.admit("a")
    assert models.admit("b") == "other"
    assert models.admit("a") == "a:latest"
    assert len(overflows) == 1


def test_what_is_no_model_name_is_other() -> None:
    models, overflows = labels()
    assert [models.admit(name) for name in (None, "", "a\nb")] == ["other"] * 3
    assert not overflows
