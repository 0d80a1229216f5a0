"""Reloads: loads of a model that was in use the moment before."""

from proxy.reloads import Reloads


def seen(reloads: Reloads, sent_at: float, load_seconds: float | None, ended_at: float) -> bool:
    last_use = reloads.last_use("m")
    found = reloads.is_reload("m", last_use, sent_at, load_seconds)
    reloads.used("m", ended_at)
    return found


def test_the_first_load_is_none_again() -> None:
    assert not seen(Reloads(), 0.0, 5.0, 6.0)


def test_a_warm_answer_is_no_load() -> None:
    reloads = Reloads()
    seen(reloads, 0.0, 5.0, 6.0)
    assert not seen(reloads, 7.0, 0.001, 8.0)
    assert not seen(reloads, 9.0, None, 10.0)


def test_a_load_soon_after_the_last_use_is_a_reload() -> None:
    reloads = Reloads()
    seen(reloads, 0.0, 5.0, 6.0)
    assert seen(reloads, 7.0, 0.5, 8.0)
    assert seen(reloads, 9.0, 0.5, 10.0)


def test_a_load_a_minute_after_the_last_use_may_have_been_due() -> None:
    reloads = Reloads()
    seen(reloads, 0.0, 5.0, 6.0)
    assert not seen(reloads, 66.0, 0.5, 67.0)


def test_a_model_that_was_unloaded_on_request_is_loaded_for_the_first_time() -> None:
    reloads = Reloads()
    seen(reloads, 0.0, 5.0, 6.0)
    reloads.unloaded("m")
    assert not seen(reloads, 7.0, 0.5, 8.0)


def test_requests_that_began_together_and_waited_for_the_first_load_are_none() -> None:
    reloads = Reloads()
    both = [reloads.last_use("m") for _ in range(2)]
    assert not reloads.is_reload("m", both[0], 0.0, 5.0)
    reloads.used("m", 6.0)
    assert not reloads.is_reload("m", both[1], 0.5, 4.5)


def test_requests_that_waited_for_one_load_are_one_reload() -> None:
    reloads = Reloads()
    reloads.used("m", 0.0)
    last_use = reloads.last_use("m")
    assert reloads.is_reload("m", last_use, 1.0, 2.0)
    assert not reloads.is_reload("m", last_use, 1.5, 1.51)  # ready at the same instant
    assert reloads.is_reload("m", last_use, 1.6, 10.0)  # it waited, then loaded again


def test_models_do_not_answer_for_each_other() -> None:
    reloads = Reloads()
    reloads.used("m", 0.0)
    assert not reloads.is_reload("other-model", reloads.last_use("other-model"), 1.0, 2.0)
