"""How long requests keep their slot, by model."""

import pytest

from proxy.queue.paces import MOST_MODELS, UNKNOWN_SECONDS, Paces


def test_the_first_is_believed_and_the_latest_count_most() -> None:
    paces = Paces()
    assert paces.of("m") is None
    paces.learn("m", 10.0)
    assert paces.of("m") == 10.0
    for _ in range(30):
        paces.learn("m", 2.0)
    assert paces.of("m") == pytest.approx(2.0, abs=0.05)


def test_names_that_clients_make_up_push_the_oldest_out() -> None:
    paces = Paces()
    paces.learn("used", 1.0)
    for number in range(MOST_MODELS + 10):
        paces.learn(f"{number}", 1.0)
        paces.learn("used", 3.0)
    assert paces.of("0") is None
    assert paces.of("used") == pytest.approx(3.0, abs=0.01)
    assert paces.of(f"{MOST_MODELS + 9}") == 1.0


def test_a_model_that_nobody_knows_is_taken_to_be_like_most() -> None:
    paces = Paces()
    assert paces.assumed("m") == UNKNOWN_SECONDS
    paces.learn("m", 0.0)
    assert (paces.of("m"), paces.assumed("m")) == (0.0, 0.0)
