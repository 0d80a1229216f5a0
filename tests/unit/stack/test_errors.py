from stack.errors import NoAlertsError, NoWorkerError, SettingsError, StackError


def test_bad_input_is_told_from_a_failure_by_the_exit_code() -> None:
    assert (StackError("x").exit_code, SettingsError("x").exit_code) == (1, 2)
    assert NoAlertsError("x").exit_code == NoWorkerError("x").exit_code == 3
    assert issubclass(SettingsError, StackError)
    assert issubclass(NoAlertsError, StackError)
    assert issubclass(NoWorkerError, StackError)
