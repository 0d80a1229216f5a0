from stack.waiting import wait_until


def test_a_state_that_comes_ends_the_wait() -> None:
    answers = iter([False, False, True])
    assert wait_until(lambda: next(answers), 5.0, every_seconds=0)
    assert next(answers, None) is None


def test_a_state_that_never_comes_is_given_up() -> None:
    assert not wait_until(lambda: False, 0.0, every_seconds=0)
