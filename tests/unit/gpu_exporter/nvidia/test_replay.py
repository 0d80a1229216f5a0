"""A capture in NVML's place, by a clock that is moved by hand."""

from pathlib import Path
from typing import Any, Literal

import pytest

from gpu_exporter.nvidia.capture import Capture, Event, Frame, dump
from gpu_exporter.nvidia.library import Code, NvmlError
from gpu_exporter.nvidia.replay import Replay, replay_backend
from gpu_exporter.nvidia.values import SystemMemory
from gpu_exporter.settings import GpuExporterSettings


class HangError(Exception):
    """A call that does not come back, as far as a test can wait."""


class World:
    def __init__(self, *frames: Frame, at_end: Literal["loop", "hold"] = "loop") -> None:
        self.now = 100.0
        capture = Capture(
            origin="made up",
            at_end=at_end,
            lasts_seconds=frames[-1].at_seconds + 1,
            frames=frames,
        )
        self.replay = Replay(capture, lambda: self.now, self._hang)

    def _hang(self) -> None:
        raise HangError

    def at(self, second: float) -> Replay:
        self.now = 100.0 + second
        return self.replay


def frame(at_seconds: float, /, **fields: Any) -> Frame:
    return Frame(at_seconds=at_seconds, **fields)


def test_a_call_is_answered_as_it_was() -> None:
    world = World(frame(0, calls={"power(0)": 25_000, "fan(0, 1)": 30, "uuid([0, 2])": "MIG"}))
    assert world.replay.call("power", 0) == 25_000
    assert world.replay.call("fan", 0, 1) == 30
    assert world.replay.call("uuid", (0, 2)) == "MIG"


def test_what_a_frame_does_not_name_is_as_before() -> None:
    world = World(frame(0, calls={"power(0)": 1, "temp(0)": 40}), frame(1, calls={"power(0)": 2}))
    answers = [(world.at(t).call("power", 0), world.at(t).call("temp", 0)) for t in (0, 0.9, 1)]
    assert answers == [(1, 40), (1, 40), (2, 40)]


def test_at_the_end_it_begins_anew() -> None:
    world = World(frame(0, calls={"power(0)": 1}), frame(1, calls={"power(0)": 2}))
    assert [world.at(t).call("power", 0) for t in (0, 1, 2, 3, 4, 101)] == [1, 2, 1, 2, 1, 2]


def test_or_its_last_frame_is_held() -> None:
    world = World(frame(0, calls={"p(0)": 1}), frame(1, calls={"p(0)": 2}), at_end="hold")
    assert [world.at(t).call("p", 0) for t in (0, 1, 2, 1000)] == [1, 2, 2, 2]


def test_what_the_capture_does_not_have_its_driver_does_not_have() -> None:
    world = World(frame(0))
    with pytest.raises(NvmlError) as caught:
        world.replay.call("nvmlDeviceGetPowerUsage", 0)
    assert caught.value.code == Code.FUNCTION_NOT_FOUND


def test_beginning_and_ending_need_no_answer() -> None:
    world = World(frame(0))
    assert world.replay.call("nvmlInit") is None
    assert world.replay.call("nvmlShutdown") is None


def test_a_return_code_is_an_error_again() -> None:
    world = World(frame(0, calls={"nvmlInit()": {"error": 12}}))
    with pytest.raises(NvmlError) as caught:
        world.replay.call("nvmlInit")
    assert (caught.value.code, caught.value.call) == (12, "nvmlInit")


def test_fields_are_answered_one_by_one() -> None:
    name = "nvmlDeviceGetFieldValues"
    world = World(frame(0, calls={f"{name}(0, 185)": 25_920, f"{name}(0, 82)": {"error": 2}}))
    assert world.replay.call(name, 0, (82, 185, 186)) == [
        {"field": 82, "code": 2, "value": 0},
        {"field": 185, "code": 0, "value": 25_920},
        {"field": 186, "code": 13, "value": 0},
    ]


def test_a_lost_card_answers_nothing_and_the_other_all() -> None:
    world = World(
        frame(0, calls={"p(0)": 1, "p(1)": 1, "p([1, 0])": 1}), frame(1, lost=(1,)), at_end="hold"
    )
    assert world.at(0).call("p", 1) == 1
    assert world.at(1).call("p", 0) == 1
    for device in (1, (1, 0)):
        with pytest.raises(NvmlError, match="lost"):
            world.replay.call("p", device)
    with pytest.raises(NvmlError, match="lost"):
        world.replay.call("nvmlDeviceGetFieldValues", 1, (185,))


def test_a_driver_that_fails_comes_back_when_the_capture_says_so() -> None:
    world = World(frame(0, calls={"p(0)": 1}), frame(1, fails=999), frame(2, fails=0))
    assert world.at(0).call("p", 0) == 1
    for call in (("p", 0), ("nvmlInit",)):
        with pytest.raises(NvmlError, match="999"):
            world.at(1).call(*call)
    assert world.at(2).call("p", 0) == 1


def test_a_call_may_hang() -> None:
    world = World(frame(0), frame(1, calls={"p(0)": {"hang": True}}))
    with pytest.raises(HangError):
        world.at(1).call("p", 0)


def test_an_event_is_delivered_once_and_when_it_is_due() -> None:
    world = World(frame(0), frame(1, events=(Event(device=0, type=8, data=79),)), at_end="hold")
    with pytest.raises(NvmlError) as caught:
        world.at(0).call("nvmlEventSetWait_v2", 1)
    assert caught.value.code == Code.TIMEOUT
    event = world.at(1).call("nvmlEventSetWait_v2", 1)
    assert event == {"device": 0, "type": 8, "data": 79}
    with pytest.raises(NvmlError):
        world.at(1).call("nvmlEventSetWait_v2", 1)


def test_the_memory_of_the_machine_is_the_captures() -> None:
    memory = {"total_bytes": 10, "available_bytes": 4}
    world = World(frame(0, calls={"system_memory()": memory}))
    assert world.replay.system_memory() == SystemMemory(10, 4)


def test_the_settings_name_the_capture(tmp_path: Path) -> None:
    calls = {
        "nvmlDeviceGetCount()": 1,
        "nvmlDeviceGetHandleByIndex(0)": True,
        "nvmlDeviceGetUUID(0)": "GPU-1",
    }
    path = tmp_path / "capture.json"
    capture = Capture(origin="x", lasts_seconds=1, frames=(frame(0, calls=calls),))
    path.write_text(dump(capture), encoding="utf-8")
    backend = replay_backend(GpuExporterSettings(backend="replay", capture=path))
    assert backend.name == "replay"
    assert [gpu.uuid for gpu in backend.read()] == ["GPU-1"]
    backend.close()


def test_settings_without_a_capture_are_refused() -> None:
    with pytest.raises(ValueError, match="GPU_EXPORTER_CAPTURE"):
        replay_backend(GpuExporterSettings(backend="none"))
