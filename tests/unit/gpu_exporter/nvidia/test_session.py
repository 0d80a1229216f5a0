"""NVML is initialised, lost, and tried again with patience, by a clock that is moved by hand."""

import pytest

from gpu_exporter.errors import Unavailable
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.library import Code, NvmlError
from gpu_exporter.nvidia.session import LONGEST_WAIT_SECONDS, Session
from tests.nvml_answers import Answers, Fails

LOSS = NvmlError(Code.UNKNOWN, "nvmlDeviceGetPowerUsage")


class World:
    """A session with a library, and how often it was given up."""

    def __init__(self, exit_after: int = 0) -> None:
        self.now = 100.0
        self.given_up = 0
        self.library = Answers({"nvmlInit()": None, "nvmlShutdown()": None})
        self.asking = Asking(self.library)
        self.session = Session(self.asking, lambda: self.now, self._give_up, exit_after)

    def _give_up(self) -> None:
        self.given_up += 1

    def breaks(self, code: int = Code.UNKNOWN) -> None:
        self.library.answers["nvmlInit()"] = Fails(code)

    def recovers(self) -> None:
        self.library.answers["nvmlInit()"] = None

    @property
    def attempts(self) -> int:
        return self.library.count("nvmlInit()")

    def work(self) -> None:
        self.session.open()
        self.session.succeed()

    def fail_for(self, seconds: int) -> None:
        """Try once a second."""
        for _ in range(seconds):
            with pytest.raises((NvmlError, Unavailable)):
                self.session.open()
            self.now += 1


def test_it_is_initialised_once() -> None:
    world = World()
    assert [world.session.open() for _ in range(3)] == [True, False, False]
    assert (world.attempts, world.asking.return_code) == (1, 0)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (12, "no NVIDIA driver: libnvidia-ml.so.1 was not found"),
        (9, "no NVIDIA driver: libnvidia-ml.so.1 is here, its kernel module is not"),
    ],
)
def test_a_machine_without_a_driver_has_nothing_to_read(code: int, said: str) -> None:
    world = World()
    world.breaks(code)
    with pytest.raises(Unavailable, match=said):
        world.session.open()
    assert world.asking.return_code == code


def test_a_driver_that_will_not_start_is_a_failure() -> None:
    world = World()
    world.breaks(Code.LIB_RM_VERSION_MISMATCH)
    with pytest.raises(NvmlError, match="restarted"):
        world.session.open()


def test_attempts_become_rarer_up_to_a_minute() -> None:
    world = World()
    world.breaks()
    world.fail_for(63)
    assert world.attempts == 6  # after 0, 1, 3, 7, 15, 31 seconds
    world.fail_for(10 * 60)
    assert world.attempts == 6 + 10


def test_a_day_of_attempts_is_no_trouble() -> None:
    world = World()
    world.breaks()
    for _ in range(1500):
        with pytest.raises(NvmlError):
            world.session.open()
        world.now += LONGEST_WAIT_SECONDS
    assert world.attempts == 1500


def test_a_driver_that_comes_later_is_found() -> None:
    world = World()
    world.breaks(12)
    world.fail_for(5)
    world.recovers()
    world.now += LONGEST_WAIT_SECONDS
    assert world.session.open()
    assert world.asking.return_code == 0


def test_after_a_loss_it_is_tried_at_once() -> None:
    world = World()
    world.work()
    world.session.lose(LOSS)
    assert world.session.open()
    assert world.library.count("nvmlShutdown()") == 1


def test_what_was_lost_after_it_had_worked_is_a_failure_even_without_a_driver() -> None:
    world = World()
    world.work()
    world.session.lose(LOSS)
    world.breaks(12)
    with pytest.raises(NvmlError, match="library not found"):
        world.session.open()


def test_one_that_starts_and_fails_again_is_tried_more_rarely() -> None:
    world = World()
    world.work()
    opened = 0
    for _ in range(60):
        try:
            opened += world.session.open()
        except NvmlError as error:
            assert error is LOSS
        else:
            world.session.lose(LOSS)
        world.now += 1
    assert opened == 6


def test_it_is_given_up_once_after_so_many_attempts() -> None:
    world = World(exit_after=3)
    world.work()
    world.session.lose(LOSS)
    world.breaks()
    world.fail_for(3)
    assert (world.attempts, world.given_up) == (3, 0)
    world.fail_for(1)
    assert (world.attempts, world.given_up) == (4, 1)
    world.fail_for(300)
    assert world.given_up == 1


def test_a_recovery_makes_the_count_begin_anew() -> None:
    world = World(exit_after=3)
    world.work()
    for _ in range(3):
        world.session.lose(LOSS)
        world.breaks()
        world.fail_for(2)
        world.recovers()
        world.now += 60
        world.work()
    assert world.given_up == 0


@pytest.mark.parametrize("code", [12, 999])
def test_what_never_worked_is_not_given_up(code: int) -> None:
    world = World(exit_after=1)
    world.breaks(code)
    world.fail_for(100)
    assert world.given_up == 0


def test_without_a_number_it_is_never_given_up() -> None:
    world = World(exit_after=0)
    world.work()
    world.session.lose(LOSS)
    world.breaks()
    world.fail_for(1000)
    assert world.given_up == 0


def test_closing_gives_nvml_back_and_forgives_one_that_is_gone() -> None:
    world = World()
    world.session.close()
    assert world.library.count("nvmlShutdown()") == 0
    world.work()
    world.library.answers["nvmlShutdown()"] = Fails(Code.UNKNOWN)
    world.session.close()
    world.session.close()
    assert world.library.count("nvmlShutdown()") == 1
