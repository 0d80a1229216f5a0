"""The processes that use a card."""

from typing import Any

from gpu_exporter.gpu import GpuProcess
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.library import Code
from gpu_exporter.nvidia.processes import list_processes
from tests.nvml_answers import Answers, Fails


def processes(*memory: tuple[int, int | None]) -> list[dict[str, Any]]:
    return [{"pid": pid, "usedGpuMemory": used} for pid, used in memory]


COMPUTE = "nvmlDeviceGetComputeRunningProcesses_v3(0)"
GRAPHICS = "nvmlDeviceGetGraphicsRunningProcesses_v3(0)"
MPS = "nvmlDeviceGetMPSComputeRunningProcesses_v3(0)"


def test_the_lists_are_one() -> None:
    answers = {COMPUTE: processes((9, 90)), GRAPHICS: processes((5, 50)), MPS: processes((7, 70))}
    assert list_processes(Asking(Answers(answers)), [0]) == (
        GpuProcess(5, 50),
        GpuProcess(7, 70),
        GpuProcess(9, 90),
    )


def test_one_that_computes_and_draws_has_its_memory_once() -> None:
    answers = {COMPUTE: processes((9, 90)), GRAPHICS: processes((9, 90))}
    assert list_processes(Asking(Answers(answers)), [0]) == (GpuProcess(9, 90),)


def test_memory_that_the_driver_does_not_tell_is_unknown() -> None:
    answers = {COMPUTE: processes((9, None), (4, None)), GRAPHICS: processes((9, 90))}
    assert list_processes(Asking(Answers(answers)), [0]) == (
        GpuProcess(4, None),
        GpuProcess(9, 90),
    )


def test_an_idle_card_has_none_and_one_that_cannot_say_has_no_list() -> None:
    assert list_processes(Asking(Answers({COMPUTE: []})), [0]) == ()
    assert list_processes(Asking(Answers()), [0]) is None


def test_an_older_driver_is_asked_in_the_older_way() -> None:
    answers = {
        COMPUTE: Fails(Code.FUNCTION_NOT_FOUND),
        "nvmlDeviceGetComputeRunningProcesses_v2(0)": processes((9, 90)),
    }
    assert list_processes(Asking(Answers(answers)), [0]) == (GpuProcess(9, 90),)


def test_a_process_in_several_parts_of_a_card_has_the_memory_of_all() -> None:
    name = "nvmlDeviceGetComputeRunningProcesses_v3"
    answers = {
        f"{name}([0, 0])": processes((9, 90), (3, 30)),
        f"{name}([0, 1])": processes((9, 10), (3, None)),
    }
    found = list_processes(Asking(Answers(answers)), [(0, 0), (0, 1)])
    assert found == (GpuProcess(3, 30), GpuProcess(9, 100))
