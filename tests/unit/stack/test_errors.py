from stack.errors import SettingsError, StackError


def test_bad_input_is_told_from_a_failure_by_the_exit_code() -> None:
    assert (StackError("x").exit_code, SettingsError("x").exit_code) == (1, 2)
    assert issubclass(SettingsError, StackError)
