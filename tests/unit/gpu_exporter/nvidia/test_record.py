"""What is recorded can be played, unchanged, and gives away no card's identity."""

from pathlib import Path
from typing import Any

import pytest

from gpu_exporter.errors import Unavailable
from gpu_exporter.gpu import Gpu
from gpu_exporter.nvidia import record as module
from gpu_exporter.nvidia.backend import NvmlBackend
from gpu_exporter.nvidia.capture import Capture, dump, load
from gpu_exporter.nvidia.library import Code, Library, NvmlError
from gpu_exporter.nvidia.record import Recorder, record
from gpu_exporter.nvidia.replay import Replay
from gpu_exporter.nvidia.values import Options, SystemMemory
from tests.clock import Clock
from tests.nvml_answers import Answers, Fails, a_card
from tests.nvml_scrapes import CAPTURES, SECONDS, present_cards

UUID = "GPU-5f2a1c77-90ab-4cde-8f01-23456789abcd"


def backend_of(library: Library, memory: Any, clock: Clock) -> NvmlBackend:
    options = Options(memory, pcie_throughput=True)
    return NvmlBackend(library, options, clock, lambda: 0.0, event_wait_milliseconds=10)


def recorded(
    library: Library, memory: Any, clock: Clock, seconds: int
) -> tuple[Capture, list[Any]]:
    """A recording of so many seconds, and what was read in each."""
    recorder = Recorder(library, memory, clock)
    backend = backend_of(recorder, recorder.system_memory, clock)
    seen: list[Any] = []

    class Seeing(NvmlBackend):
        def __init__(self) -> None:
            self.name = "nvml"

        def read(self) -> Any:
            seen.append(present_cards(backend))
            return seen[-1]

    def wait(duration: float) -> None:
        clock.now += duration

    record(recorder, Seeing(), seconds, 1.0, clock, wait)
    backend.close()
    return recorder.capture("a test"), seen


def played(capture: Capture, seconds: int) -> list[Any]:
    clock = Clock(500.0)
    replay = Replay(capture, clock)
    backend = backend_of(replay, replay.system_memory, clock)
    seen = []
    for second in range(seconds):
        clock.now = 500.0 + second
        seen.append(present_cards(backend))
    backend.close()
    return seen


def values(readings: list[Any]) -> list[list[dict[str, Any]]]:
    """Of each second and card. UUIDs are not the same, and events come when they come."""
    left_out = ("uuid", "mig", "xid_errors", "xid_last_timestamp_seconds")
    fields = [name for name in Gpu.__slots__ if name not in left_out]
    return [[{name: getattr(gpu, name) for name in fields} for gpu in gpus] for gpus in readings]


@pytest.mark.parametrize("name", SECONDS)
def test_a_recording_of_a_capture_plays_as_the_capture(name: str, tmp_path: Path) -> None:
    clock = Clock(100.0)
    replay = Replay(load(CAPTURES / f"{name}.json"), clock)
    capture, seen = recorded(replay, replay.system_memory, clock, 4)
    path = tmp_path / "recorded.json"
    path.write_text(dump(capture), encoding="utf-8")
    assert len(seen) == 4
    assert values(played(load(path), 4)) == values(seen)


class World:
    def __init__(self, answers: dict[str, Any]) -> None:
        self.clock = Clock(100.0)
        self.library = Answers(answers)
        self.recorder = Recorder(self.library, lambda: SystemMemory(10, 4), self.clock)

    def frame(self) -> dict[str, Any]:
        """The calls of the frame that ends now."""
        self.recorder.end_frame(self.clock.now)
        return dict(self.recorder.capture("a test").frames[-1].calls)


def test_a_frame_has_only_what_is_new() -> None:
    world = World({"power(0)": 1, "temp(0)": 40})
    for _ in range(2):
        world.recorder.call("power", 0)
    world.recorder.call("temp", 0)
    assert world.frame() == {"power(0)": 1, "temp(0)": 40}
    world.library.answers["power(0)"] = 2
    world.recorder.call("power", 0)
    world.recorder.call("temp", 0)
    assert world.frame() == {"power(0)": 2}


def test_uuids_are_replaced_and_the_same_one_by_the_same() -> None:
    other = UUID.replace("5f2a", "6f2a")
    world = World({"uuid(0)": UUID, "uuid(1)": other, "name(0)": f"MIG-{UUID}/1/0"})
    for call in (("uuid", 0), ("uuid", 1), ("name", 0)):
        assert world.recorder.call(*call) in (UUID, other, f"MIG-{UUID}/1/0")
    assert world.frame() == {
        "uuid(0)": "GPU-00000000-0000-0000-0000-000000000001",
        "uuid(1)": "GPU-00000000-0000-0000-0000-000000000002",
        "name(0)": "MIG-GPU-00000000-0000-0000-0000-000000000001/1/0",
    }


def test_failures_are_written_down_as_codes_and_raised() -> None:
    world = World({"power(0)": Fails(Code.NOT_SUPPORTED)})
    with pytest.raises(NvmlError):
        world.recorder.call("power", 0)
    assert world.frame() == {"power(0)": {"error": 3}}


def test_fields_are_written_down_one_by_one() -> None:
    name = "nvmlDeviceGetFieldValues"
    world = World({f"{name}(0, 185)": 25_920, f"{name}(0, 82)": Fails(2)})
    world.recorder.call(name, 0, (185, 82))
    assert world.frame() == {f"{name}(0, 185)": 25_920, f"{name}(0, 82)": {"error": 2}}


def test_the_machines_memory_is_written_down() -> None:
    world = World({})
    assert world.recorder.system_memory() == SystemMemory(10, 4)
    assert world.frame() == {"system_memory()": {"total_bytes": 10, "available_bytes": 4}}


def test_events_are_written_down_and_waiting_is_not() -> None:
    event = {"device": 0, "type": 8, "data": 79}
    world = World({"nvmlEventSetWait_v2(1)": event})
    world.recorder.call("nvmlEventSetWait_v2", 1)
    world.library.answers["nvmlEventSetWait_v2(1)"] = Fails(Code.TIMEOUT)
    with pytest.raises(NvmlError):
        world.recorder.call("nvmlEventSetWait_v2", 1)
    world.recorder.end_frame(world.clock.now)
    (frame,) = world.recorder.capture("a test").frames
    assert [found.model_dump() for found in frame.events] == [event]
    assert frame.calls == {}


def test_a_loss_is_part_of_the_recording(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock(100.0)
    capture, _ = recorded(
        Answers({"nvmlInit()": Fails(Code.UNKNOWN)}), lambda: SystemMemory(1, 1), clock, 2
    )
    assert [dict(frame.calls) for frame in capture.frames] == [{"nvmlInit()": {"error": 999}}, {}]
    assert "nvmlInit answered 999" in capsys.readouterr().err


def test_a_lost_card_is_part_of_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock(100.0)
    library = Answers(a_card(0, 2))
    library.answers["nvmlDeviceGetHandleByIndex(1)"] = Fails(Code.GPU_IS_LOST)
    recorder = Recorder(library, lambda: SystemMemory(1, 1), clock)
    backend = backend_of(recorder, recorder.system_memory, clock)

    def wait(duration: float) -> None:
        clock.now += duration

    record(recorder, backend, 2, 1.0, clock, wait)
    calls = recorder.capture("a test").frames[0].calls
    assert calls["nvmlDeviceGetHandleByIndex(1)"] == {"error": 15}
    assert calls["nvmlDeviceGetUUID(0)"] == "GPU-0"
    assert "card 1" in capsys.readouterr().err


def test_where_there_is_no_card_there_is_nothing_to_record() -> None:
    library = Answers({"nvmlInit()": Fails(Code.LIBRARY_NOT_FOUND)})
    with pytest.raises(Unavailable):
        recorded(library, lambda: SystemMemory(1, 1), Clock(), 1)


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "--output" in said
    assert "--seconds" in said
