from stack.errors import (
    NoAlertsError,
    NoExporterError,
    NoWorkerError,
    SettingsError,
    StackError,
)


def test_bad_input_is_told_from_a_failure_by_the_exit_code() -> None:
    assert (StackError("x").exit_code, SettingsError("x").exit_code) == (1, 2)
    nobody = (NoAlertsError("x"), NoExporterError("x"), NoWorkerError("x"))
    assert {error.exit_code for error in nobody} == {3}
    assert issubclass(SettingsError, StackError)
    assert issubclass(NoAlertsError, StackError)
    assert issubclass(NoExporterError, StackError)
    assert issubclass(NoWorkerError, StackError)
