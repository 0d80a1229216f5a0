"""The library, the cards and the events together: captures are said as their scrapes have it."""

import threading

import pytest

from gpu_exporter.errors import CardsMissing, Unavailable
from gpu_exporter.nvidia.backend import NvmlBackend
from gpu_exporter.nvidia.library import Code, NvmlError
from gpu_exporter.nvidia.values import Options, SystemMemory
from stack.waiting import wait_until
from tests.nvml_answers import Answers, Fails, a_card
from tests.nvml_scrapes import CAPTURES, SECONDS, scrape


@pytest.mark.parametrize("name", SECONDS)
def test_a_capture_is_said_as_its_scrape_has_it(name: str) -> None:
    expected = (CAPTURES / f"{name}.prom").read_text(encoding="utf-8")
    assert scrape(name) == expected, "python -m tests.nvml_scrapes writes it anew"


def test_every_capture_has_its_scrape() -> None:
    assert {path.stem for path in CAPTURES.glob("*.json")} == set(SECONDS)
    assert {path.stem for path in CAPTURES.glob("*.prom")} == set(SECONDS)


class World:
    def __init__(self, exit_after: int = 0) -> None:
        self.now = 100.0
        self.given_up = 0
        self.library = Answers(a_card())
        self.backend = NvmlBackend(
            self.library,
            Options(lambda: SystemMemory(1, 1)),
            lambda: self.now,
            lambda: 1_790_000_000.0,
            on_loss=self._give_up,
            exit_after=exit_after,
        )

    def _give_up(self) -> None:
        self.given_up += 1

    def everything_answers(self, code: int) -> None:
        self.library.answers = {call: Fails(code) for call in self.library.answers}

    def uuids(self) -> list[str]:
        return [gpu.uuid for gpu in self.backend.read()]


def test_it_is_called_nvml_and_has_no_return_code_before_it_asked() -> None:
    backend = World().backend
    assert (backend.name, backend.return_code) == ("nvml", None)


def test_a_card_is_read() -> None:
    world = World()
    assert world.uuids() == ["GPU-0"]
    assert world.backend.return_code == 0


def test_without_a_driver_there_is_nothing_and_the_code_says_so() -> None:
    world = World()
    world.everything_answers(Code.LIBRARY_NOT_FOUND)
    with pytest.raises(Unavailable, match=r"libnvidia-ml\.so\.1 was not found"):
        world.backend.read()
    assert world.backend.return_code == 12


def test_a_library_that_is_lost_is_had_again() -> None:
    world = World()
    world.uuids()
    world.everything_answers(Code.UNKNOWN)
    with pytest.raises(NvmlError):
        world.backend.read()
    assert world.backend.return_code == 999
    world.library.answers = dict(a_card())
    assert world.uuids() == ["GPU-0"]
    assert world.backend.return_code == 0
    assert world.library.count("nvmlInit()") == 2


def test_one_that_stays_lost_is_given_up() -> None:
    world = World(exit_after=2)
    world.uuids()
    world.everything_answers(Code.UNKNOWN)
    for _ in range(10):
        with pytest.raises(NvmlError):
            world.backend.read()
        world.now += 1
    assert world.given_up == 1


def test_of_two_cards_the_one_that_is_lost_is_missing() -> None:
    world = World()
    world.library.answers |= a_card(0, 2) | a_card(1, 2)
    assert world.uuids() == ["GPU-0", "GPU-1"]
    world.library.answers["nvmlDeviceGetUtilizationRates(1)"] = Fails(Code.GPU_IS_LOST)
    for _ in range(3):
        with pytest.raises(CardsMissing, match=r"card 1: .* answered 15") as caught:
            world.backend.read()
        assert [gpu.uuid for gpu in caught.value.gpus] == ["GPU-0"]
        world.now += 1
    assert world.library.count("nvmlInit()") == 1


def test_a_passing_failure_is_told_beside_the_values_and_the_code_does_not_stay() -> None:
    world = World()
    world.library.answers["nvmlDeviceGetPowerUsage(0)"] = Fails(20)
    for _ in range(2):
        with pytest.raises(CardsMissing, match="nvmlDeviceGetPowerUsage answered 20") as caught:
            world.backend.read()
        assert [gpu.utilization_ratio for gpu in caught.value.gpus] == [0.4]
        assert world.backend.return_code == 20
    world.library.answers["nvmlDeviceGetPowerUsage(0)"] = 25_000
    (gpu,) = world.backend.read()
    assert gpu.watts == 25
    assert world.backend.return_code == 0
    assert world.library.count("nvmlInit()") == 1


def test_the_code_of_a_loss_stays_while_the_card_is_lost() -> None:
    world = World()
    world.library.answers |= a_card(0, 2) | a_card(1, 2)
    world.library.answers["nvmlDeviceGetUtilizationRates(1)"] = Fails(Code.GPU_IS_LOST)
    codes = []
    for _ in range(3):
        with pytest.raises(CardsMissing):
            world.backend.read()
        codes.append(world.backend.return_code)
    assert codes == [15, 15, 15]


def test_when_the_only_card_is_lost_nvml_is_initialised_anew() -> None:
    world = World()
    world.uuids()
    world.library.answers["nvmlDeviceGetUtilizationRates(0)"] = Fails(Code.GPU_IS_LOST)
    with pytest.raises(NvmlError, match="15"):
        world.backend.read()
    world.library.answers |= a_card()
    assert world.uuids() == ["GPU-0"]
    assert world.library.count("nvmlInit()") == 2


def test_a_wait_for_errors_that_ended_by_itself_is_told_and_begins_anew() -> None:
    world = World()
    world.library.answers |= {
        "nvmlDeviceGetSupportedEventTypes(0)": 8,
        "nvmlEventSetCreate()": True,
        "nvmlEventSetWait_v2(500)": Fails(Code.UNKNOWN),
    }
    world.uuids()
    assert wait_until(lambda: "xid" not in {thread.name for thread in threading.enumerate()}, 10)
    world.now += 1
    with pytest.raises(CardsMissing, match="nvmlEventSetWait_v2 answered 999") as caught:
        world.backend.read()
    assert [gpu.uuid for gpu in caught.value.gpus] == ["GPU-0"]
    assert world.library.count("nvmlEventSetCreate()") == 2
    world.backend.close()


def test_closing_gives_nvml_back() -> None:
    world = World()
    world.uuids()
    world.backend.close()
    assert world.library.count("nvmlShutdown()") == 1
