"""Reloads: loads of a model that was in use the moment before."""

from proxy.reloads import Reloads
from proxy.shared import MOST_MODELS, Shared


def seen(reloads: Reloads, sent_at: float, load_seconds: float | None, ended_at: float) -> bool:
    last_use = reloads.last_use("m")
    found = reloads.is_reload("m", last_use, sent_at, load_seconds)
    reloads.used("m", ended_at)
    return found


def test_the_first_load_is_none_again() -> None:
    assert not seen(Reloads(Shared()), 0.0, 5.0, 6.0)


def test_a_warm_answer_is_no_load() -> None:
    reloads = Reloads(Shared())
    seen(reloads, 0.0, 5.0, 6.0)
    assert not seen(reloads, 7.0, 0.001, 8.0)
    assert not seen(reloads, 9.0, None, 10.0)


def test_a_load_soon_after_the_last_use_is_a_reload() -> None:
    reloads = Reloads(Shared())
    seen(reloads, 0.0, 5.0, 6.0)
    assert seen(reloads, 7.0, 0.5, 8.0)
    assert seen(reloads, 9.0, 0.5, 10.0)


def test_a_load_a_minute_after_the_last_use_may_have_been_due() -> None:
    reloads = Reloads(Shared())
    seen(reloads, 0.0, 5.0, 6.0)
    assert not seen(reloads, 66.0, 0.5, 67.0)


def test_a_model_that_was_unloaded_on_request_is_loaded_for_the_first_time() -> None:
    reloads = Reloads(Shared())
    seen(reloads, 0.0, 5.0, 6.0)
    reloads.unloaded("m")
    assert not seen(reloads, 7.0, 0.5, 8.0)


def test_requests_that_began_together_and_waited_for_the_first_load_are_none() -> None:
    reloads = Reloads(Shared())
    both = [reloads.last_use("m") for _ in range(2)]
    assert not reloads.is_reload("m", both[0], 0.0, 5.0)
    reloads.used("m", 6.0)
    assert not reloads.is_reload("m", both[1], 0.5, 4.5)


def test_requests_that_waited_for_one_load_are_one_reload() -> None:
    reloads = Reloads(Shared())
    reloads.used("m", 0.5)
    last_use = reloads.last_use("m")
    assert reloads.is_reload("m", last_use, 1.0, 2.0)
    assert not reloads.is_reload("m", last_use, 1.5, 1.51)  # ready at the same instant
    assert reloads.is_reload("m", last_use, 1.6, 10.0)  # it waited, then loaded again


def test_models_do_not_answer_for_each_other() -> None:
    reloads = Reloads(Shared())
    reloads.used("m", 0.5)
    assert not reloads.is_reload("other-model", reloads.last_use("other-model"), 1.0, 2.0)


def test_what_one_process_saw_another_knows() -> None:
    shared = Shared()
    here, there = Reloads(shared), Reloads(Shared(shared.descriptor))
    here.used("m", 6.0)
    assert there.last_use("m") == 6.0
    assert there.is_reload("m", there.last_use("m"), 7.0, 0.5)
    assert not here.is_reload("m", 6.0, 7.0, 0.5)  # the same load, told by both
    there.used("m", 8.0)
    here.used("m", 7.5)  # it ended before, and is booked after
    assert here.last_use("m") == 8.0
    there.unloaded("m")
    assert here.last_use("m") is None


def test_asking_for_names_that_nobody_used_takes_no_room() -> None:
    shared = Shared()
    reloads = Reloads(shared)
    for number in range(2 * MOST_MODELS):
        assert reloads.last_use(f"invented-{number}") is None
        assert not reloads.is_reload(f"invented-{number}", 1.0, 2.0, 5.0)
    assert not any(shared.models)


def test_models_beyond_the_room_are_never_loaded_again() -> None:
    reloads = Reloads(Shared())
    for number in range(MOST_MODELS):
        reloads.used(f"m{number}", 1.0 + number)
    reloads.used("late", 5.0)
    assert reloads.last_use("late") is None
    assert [reloads.last_use(f"m{number}") for number in range(MOST_MODELS)] == [
        1.0 + number for number in range(MOST_MODELS)
    ]


def test_a_place_that_another_process_took_at_the_same_time_is_left_to_it() -> None:
    shared = Shared()
    reloads = Reloads(shared)
    reloads.used("m", 1.0)
    (place,) = [place for place, key in enumerate(shared.models) if key]
    shared.models[place] += 1
    shared.used_at[place] = 9.0
    assert reloads.last_use("m") is None
    reloads.used("m", 2.0)
    assert (reloads.last_use("m"), shared.used_at[place]) == (2.0, 9.0)
