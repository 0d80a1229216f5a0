"""The cards that NVML shows: met once, read again and again, left out when they are lost."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from gpu_exporter.errors import Unavailable
from gpu_exporter.gpu import Gpu
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.cards import LOST_SECONDS, SELDOM_SECONDS, Cards
from gpu_exporter.nvidia.library import Code, NvmlError
from gpu_exporter.nvidia.values import Options, SystemMemory
from tests.nvml_answers import Answers, Fails, a_card


class World:
    """Cards of a library, by a clock that is moved by hand."""

    def __init__(self, *cards: dict[str, Any]) -> None:
        self.now = 100.0
        self.library = Answers({name: a for card in cards for name, a in card.items()})
        options = Options(lambda: SystemMemory(1000, 300))
        self.cards = Cards(Asking(self.library), lambda: self.now, options)

    def read(self) -> dict[int, Gpu]:
        return self.cards.read()

    def lose(self, index: int, code: int = Code.GPU_IS_LOST) -> None:
        for call in self.library.answers:
            if call.partition("(")[2].startswith(f"{index}"):
                self.library.answers[call] = Fails(code)


def two() -> World:
    return World(a_card(0, 2), a_card(1, 2))


def test_every_card_is_read() -> None:
    found = two().read()
    assert [(index, gpu.index, gpu.uuid) for index, gpu in found.items()] == [
        (0, "0", "GPU-0"),
        (1, "1", "GPU-1"),
    ]
    assert {gpu.vendor for gpu in found.values()} == {"nvidia"}


def test_what_never_changes_is_asked_once() -> None:
    world = World(a_card())
    for _ in range(5):
        world.read()
        world.now += 1
    assert world.library.count("nvmlDeviceGetUUID(0)") == 1
    assert world.library.count("nvmlDeviceGetCount()") == 1
    assert world.library.count("nvmlDeviceGetUtilizationRates(0)") == 5


def test_what_seldom_changes_is_asked_every_half_minute() -> None:
    world = World(a_card() | {"nvmlDeviceGetTotalEccErrors(0, 0, 1)": 3})
    assert world.read()[0].ecc_errors == {"corrected": 3}
    world.library.answers["nvmlDeviceGetTotalEccErrors(0, 0, 1)"] = 4
    world.now += SELDOM_SECONDS - 1
    assert world.read()[0].ecc_errors == {"corrected": 3}
    world.now += 1
    assert world.read()[0].ecc_errors == {"corrected": 4}


def test_a_reading_takes_some_thirty_calls_of_a_card_that_has_all() -> None:
    class Everything(Answers):
        def _answer(self, call: str) -> Any:
            self.asked.append(call)
            return self.answers.get(call, _SOME_ANSWERS.get(call.partition("(")[0], 1))

    library = Everything(a_card())
    cards = Cards(Asking(library), lambda: 100.0, Options(lambda: SystemMemory(1, 1)))
    cards.read()
    library.asked.clear()
    cards.read()
    functions = {
        "fields" if "FieldValues" in call else call: None for call in library.asked
    }  # the fields are one call
    assert len(functions) <= 30
    assert len([call for call in library.asked if "FieldValues" not in call]) <= 30


_SOME_ANSWERS: dict[str, Any] = {
    "nvmlDeviceGetMemoryInfo_v2": {"total": 3, "used": 1, "free": 1, "reserved": 1},
    "nvmlDeviceGetUtilizationRates": {"gpu": 1, "memory": 1},
    "nvmlDeviceGetCudaComputeCapability": [9, 0],
    "nvmlDeviceGetPciInfo": {"busId": "00000000:01:00.0"},
    "nvmlDeviceGetPowerManagementLimitConstraints": [1, 2],
    "nvmlDeviceGetEncoderUtilization": [1, 1],
    "nvmlDeviceGetDecoderUtilization": [1, 1],
    "nvmlDeviceGetEncoderStats": [1, 1, 1],
    "nvmlDeviceGetRemappedRows": [1, 0, 0, 0],
    "nvmlDeviceGetMigMode": [0, 0],
    "nvmlDeviceGetNumFans": 2,
    "nvmlDeviceGetComputeRunningProcesses_v3": [],
    "nvmlDeviceGetGraphicsRunningProcesses_v3": [],
    "nvmlDeviceGetMPSComputeRunningProcesses_v3": [],
}


def test_rows_that_were_replaced_are_told_with_their_state() -> None:
    gpu = World(a_card() | {"nvmlDeviceGetRemappedRows(0)": [4, 1, 1, 0]}).read()[0]
    assert gpu.remapped_rows == {"corrected": 4, "uncorrected": 1, "pending": 1}
    assert gpu.row_remap_failure == 0


def test_a_lost_card_is_left_out_and_the_other_stays() -> None:
    world = two()
    world.read()
    world.lose(1)
    assert list(world.read()) == [0]
    before = world.library.count("nvmlDeviceGetHandleByIndex(1)")
    world.now += 1
    assert list(world.read()) == [0]
    assert world.library.count("nvmlDeviceGetHandleByIndex(1)") == before


def test_a_card_that_stays_lost_is_looked_for_once_a_minute() -> None:
    world = two()
    world.read()
    world.lose(1)
    for _ in range(180):
        world.read()
        world.now += 1
    assert world.library.count("nvmlDeviceGetHandleByIndex(1)") == 1 + 2
    assert world.cards.missing == ["card 1: nvmlDeviceGetHandleByIndex answered 15 (gpu is lost)"]


def test_a_lost_card_that_still_knows_its_name_is_told_of_once() -> None:
    world = two()
    world.read()
    world.library.answers["nvmlDeviceGetUtilizationRates(1)"] = Fails(Code.GPU_IS_LOST)
    with capture_logs() as logged:
        for _ in range(180):
            assert list(world.read()) == [0]
            world.now += 1
    assert [entry["event"] for entry in logged] == ["card_lost"]


def test_a_lost_card_that_returns_is_read_again() -> None:
    world = two()
    world.read()
    world.lose(0)
    assert list(world.read()) == [1]
    world.library.answers |= a_card(0, 2)
    world.now += LOST_SECONDS
    assert list(world.read()) == [0, 1]
    assert world.cards.missing == []


@pytest.mark.parametrize("code", [Code.GPU_IS_LOST, Code.UNKNOWN, Code.NO_PERMISSION])
def test_a_card_that_cannot_be_met_does_not_hide_the_others(code: Code) -> None:
    world = two()
    world.lose(1, code)
    assert list(world.read()) == [0]


@pytest.mark.parametrize("code", [Code.GPU_IS_LOST, Code.UNKNOWN, Code.NO_PERMISSION])
def test_where_all_cards_are_lost_that_is_said(code: Code) -> None:
    world = two()
    world.lose(0, code)
    world.lose(1, code)
    with pytest.raises(NvmlError) as caught:
        world.read()
    assert caught.value.code == code


def test_a_library_that_is_lost_is_not_the_cards() -> None:
    world = two()
    world.read()
    world.library.answers["nvmlDeviceGetUtilizationRates(1)"] = Fails(Code.UNKNOWN)
    with pytest.raises(NvmlError, match="nvmlDeviceGetUtilizationRates"):
        world.read()


def test_a_driver_without_cards_has_nothing_to_read() -> None:
    with pytest.raises(Unavailable, match="shows no card"):
        World(a_card(0, 0)).read()


def test_cards_that_were_there_and_are_not_are_a_failure() -> None:
    world = World(a_card())
    world.read()
    world.library.answers["nvmlDeviceGetCount()"] = 0
    world.cards.forget()
    with pytest.raises(NvmlError, match="gpu not found"):
        world.read()


def divided() -> World:
    parts = {
        "nvmlDeviceGetMigMode(0)": [1, 1],
        "nvmlDeviceGetMaxMigDeviceCount(0)": 1,
        "nvmlDeviceGetMigDeviceHandleByIndex(0, 0)": True,
        "nvmlDeviceGetGpuInstanceId([0, 0])": 9,
        "nvmlDeviceGetUUID([0, 0])": "MIG-0",
        "nvmlDeviceGetComputeRunningProcesses_v3([0, 0])": [{"pid": 7, "usedGpuMemory": 70}],
    }
    return World(a_card() | parts)


def test_a_divided_card_has_its_parts_and_their_processes() -> None:
    gpu = divided().read()[0]
    assert gpu.mig_enabled == 1
    assert [part.uuid for part in gpu.mig] == ["MIG-0"]
    assert [process.pid for process in gpu.processes or ()] == [7]


def test_the_whole_cards_processes_count_where_they_are_told() -> None:
    world = divided()
    world.library.answers["nvmlDeviceGetComputeRunningProcesses_v3(0)"] = []
    assert world.read()[0].processes == ()


def test_a_card_that_could_be_divided_and_is_not_has_no_parts() -> None:
    world = divided()
    world.library.answers["nvmlDeviceGetMigMode(0)"] = [0, 0]
    gpu = world.read()[0]
    assert (gpu.mig_enabled, gpu.mig, gpu.processes) == (0, (), None)
