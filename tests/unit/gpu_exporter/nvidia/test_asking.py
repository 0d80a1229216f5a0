"""What an answer means: of this question, of the card, or of the library."""

import pytest

from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.library import UNSUPPORTED, Code, NvmlError
from tests.nvml_answers import Answers, Fails

POWER = "nvmlDeviceGetPowerUsage(0)"


def test_a_value_is_given_as_it_is() -> None:
    asking = Asking(Answers({POWER: 25_000}))
    assert asking.ask("nvmlDeviceGetPowerUsage", 0) == 25_000
    assert asking.return_code is None


@pytest.mark.parametrize("code", sorted(UNSUPPORTED))
def test_what_is_not_supported_is_asked_once(code: Code) -> None:
    library = Answers({POWER: Fails(code)})
    asking = Asking(library)
    assert [asking.ask("nvmlDeviceGetPowerUsage", 0) for _ in range(3)] == [None] * 3
    assert library.count(POWER) == 1
    assert asking.return_code is None


def test_one_card_without_something_is_not_all_cards_without_it() -> None:
    library = Answers({"nvmlDeviceGetPowerUsage(1)": 30_000})
    asking = Asking(library)
    assert asking.ask("nvmlDeviceGetPowerUsage", 0) is None
    assert asking.ask("nvmlDeviceGetPowerUsage", 1) == 30_000


def test_after_a_new_initialisation_it_is_asked_again() -> None:
    library = Answers()
    asking = Asking(library)
    asking.ask("nvmlDeviceGetPowerUsage", 0)
    library.answers[POWER] = 25_000
    asking.forget()
    assert asking.ask("nvmlDeviceGetPowerUsage", 0) == 25_000


def test_what_may_come_later_is_asked_every_time() -> None:
    library = Answers()
    asking = Asking(library)
    assert [asking.ask_uncached("nvmlDeviceGetPowerUsage", 0) for _ in range(3)] == [None] * 3
    assert library.count(POWER) == 3


def test_what_is_asked_for_each_number_is_told_by_our_names() -> None:
    asking = Asking(Answers({"nvmlDeviceGetClockInfo(0, 2)": 405}))
    clocks = asking.ask_each("nvmlDeviceGetClockInfo", 0, {"sm": 1, "memory": 2})
    assert clocks == {"sm": None, "memory": 405}


@pytest.mark.parametrize("code", [Code.GPU_IS_LOST, Code.UNINITIALIZED, Code.DRIVER_NOT_LOADED])
def test_a_loss_is_an_exception(code: Code) -> None:
    asking = Asking(Answers({POWER: Fails(code)}))
    with pytest.raises(NvmlError) as caught:
        asking.ask("nvmlDeviceGetPowerUsage", 0)
    assert (caught.value.code, asking.return_code) == (code, code)


def test_an_unknown_error_of_what_never_worked_is_absence_and_asked_again() -> None:
    library = Answers({POWER: Fails(Code.UNKNOWN)})
    asking = Asking(library)
    assert asking.ask("nvmlDeviceGetPowerUsage", 0) is None
    library.answers[POWER] = 25_000
    assert asking.ask("nvmlDeviceGetPowerUsage", 0) == 25_000


def test_an_unknown_error_of_what_has_worked_is_a_loss() -> None:
    library = Answers({POWER: 25_000})
    asking = Asking(library)
    asking.ask("nvmlDeviceGetPowerUsage", 0)
    library.answers[POWER] = Fails(Code.UNKNOWN)
    with pytest.raises(NvmlError, match="999"):
        asking.ask("nvmlDeviceGetPowerUsage", 0)


def test_a_turn_of_nothing_but_unknown_errors_is_a_loss() -> None:
    asking = Asking(Answers({POWER: Fails(Code.UNKNOWN)}))
    asking.begin_turn()
    asking.ask("nvmlDeviceGetPowerUsage", 0)
    with pytest.raises(NvmlError, match="999"):
        asking.end_turn()


def test_a_turn_with_an_answer_is_none() -> None:
    answers = {POWER: Fails(Code.UNKNOWN), "nvmlDeviceGetPerformanceState(0)": 8}
    asking = Asking(Answers(answers))
    asking.begin_turn()
    asking.ask("nvmlDeviceGetPowerUsage", 0)
    asking.ask("nvmlDeviceGetPerformanceState", 0)
    asking.end_turn()


def test_a_passing_failure_is_none_for_once() -> None:
    library = Answers({POWER: Fails(20)})
    asking = Asking(library)
    assert asking.ask("nvmlDeviceGetPowerUsage", 0) is None
    library.answers[POWER] = 25_000
    assert asking.ask("nvmlDeviceGetPowerUsage", 0) == 25_000
    assert asking.return_code == 20


def test_a_passing_failure_is_one_of_its_reading_and_no_absence_is() -> None:
    asking = Asking(Answers({POWER: Fails(20), "nvmlDeviceGetClockInfo(0, 0)": Fails(999)}))
    asking.begin_reading()
    for _ in range(2):
        asking.ask("nvmlDeviceGetPowerUsage", 0)
    asking.ask("nvmlDeviceGetClockInfo", 0, 0)
    asking.ask("nvmlDeviceGetClockInfo", 0, 1)
    assert asking.failures == ["nvmlDeviceGetPowerUsage answered 20 (see nvml.h) 2 times"]
    assert asking.return_code == 20
    asking.begin_reading()
    assert asking.failures == []


def test_a_field_that_fails_in_passing_is_a_failure() -> None:
    asking = Asking(Answers({"nvmlDeviceGetFieldValues(0, 185)": Fails(20)}))
    assert asking.ask_fields(0, (82, 185)) == {}
    assert asking.failures == ["nvmlDeviceGetFieldValues answered 20 (see nvml.h)"]


def test_of_many_failures_some_are_told() -> None:
    names = [f"nvmlDeviceGet{letter}" for letter in "ABCDE"]
    asking = Asking(Answers({f"{name}(0)": Fails(20) for name in names}))
    for name in names:
        asking.ask(name, 0)
    assert [said.partition(" ")[0] for said in asking.failures] == [*names[:3], "2"]
    assert asking.failures[-1] == "2 other failures"


def test_the_return_code_is_success_once_a_reading_went_well() -> None:
    asking = Asking(Answers({POWER: Fails(20)}))
    asking.ask("nvmlDeviceGetPowerUsage", 0)
    asking.begin_reading()
    assert asking.return_code == 20
    asking.end_reading()
    assert asking.return_code == 0


def test_an_older_function_is_asked_where_the_newer_is_not_there() -> None:
    library = Answers({"new(0)": Fails(Code.FUNCTION_NOT_FOUND), "old(0)": 5})
    asking = Asking(library)
    assert [asking.ask_first(("new", "old"), 0) for _ in range(2)] == [5, 5]
    assert (library.count("new(0)"), library.count("old(0)")) == (1, 2)
    assert asking.ask_first(("new", "gone"), 0) is None


def test_what_is_required_raises_whatever_the_reason() -> None:
    asking = Asking(Answers({"nvmlDeviceGetCount()": 2}))
    assert asking.require("nvmlDeviceGetCount") == 2
    with pytest.raises(NvmlError, match="not supported"):
        asking.require("nvmlDeviceGetHandleByIndex", 0)


def test_of_the_fields_those_are_given_that_the_card_has() -> None:
    library = Answers(
        {
            "nvmlDeviceGetFieldValues(0, 185)": 25_920,
            "nvmlDeviceGetFieldValues(0, 82)": Fails(Code.INVALID_ARGUMENT),
        }
    )
    asking = Asking(library)
    assert asking.ask_fields(0, (82, 185)) == {185: 25_920.0}
    assert asking.ask_fields(0, (82, 185)) == {185: 25_920.0}
    assert library.count("nvmlDeviceGetFieldValues(0, 82)") == 1


def test_fields_that_a_driver_has_not_at_all_are_asked_for_once() -> None:
    library = Answers({"nvmlDeviceGetFieldValues(0)": Fails(Code.FUNCTION_NOT_FOUND)})
    asking = Asking(library)
    assert [asking.ask_fields(0, (82, 185)) for _ in range(2)] == [{}, {}]
    assert library.count("nvmlDeviceGetFieldValues(0)") == 1


def test_a_field_of_a_lost_card_is_a_loss() -> None:
    asking = Asking(Answers({"nvmlDeviceGetFieldValues(0, 185)": Fails(Code.GPU_IS_LOST)}))
    with pytest.raises(NvmlError, match="15"):
        asking.ask_fields(0, (185,))
