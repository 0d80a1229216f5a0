"""Captures as files: what is written is read, and what is wrong is said."""

from pathlib import Path

import pytest

from gpu_exporter.nvidia.capture import Capture, Event, Frame, dump, key, load


def test_calls_are_keyed_as_they_are_written() -> None:
    assert key("nvmlInit", ()) == "nvmlInit()"
    assert key("nvmlDeviceGetFanSpeed_v2", (0, 1)) == "nvmlDeviceGetFanSpeed_v2(0, 1)"
    assert key("nvmlDeviceGetUUID", ((0, 3),)) == "nvmlDeviceGetUUID([0, 3])"


def test_what_is_written_is_read(tmp_path: Path) -> None:
    capture = Capture(
        origin="made up",
        at_end="hold",
        lasts_seconds=2.0,
        frames=(
            Frame(at_seconds=0.0, calls={"nvmlInit()": None, "f(0)": {"error": 3}}),
            Frame(at_seconds=1.0, events=(Event(device=0, type=8, data=79),), lost=(1,), fails=9),
        ),
    )
    path = tmp_path / "capture.json"
    path.write_text(dump(capture), encoding="utf-8")
    assert load(path) == capture


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "Invalid JSON"),
        ('{"origin": "x", "lasts_seconds": 1}', "frames: Field required"),
        ('{"origin": "x", "lasts_seconds": 1, "frames": []}', "frames"),
        ('{"origin": "x", "lasts_seconds": 1, "frames": [{"at_seconds": 1}]}', "in order"),
        ('{"origin": "x", "lasts_seconds": 2, "frames": [{"at_seconds": 1}]}', "at 0 seconds"),
        (
            '{"origin": "x", "lasts_seconds": 3, "frames": [{"at_seconds": 0, "cals": {}}]}',
            r"frames\.0\.cals: Extra inputs",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_name(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"broken.json is no capture: .*{said}"):
        load(path)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="absent"):
        load(tmp_path / "absent.json")
