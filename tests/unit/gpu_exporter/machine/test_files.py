"""Small files: what is absent, broken or no number is None, and no error."""

import sys
from pathlib import Path

import pytest

from gpu_exporter.machine.files import (
    LABEL_CHARACTERS,
    MOST_BYTES,
    is_denied,
    matching,
    read_label,
    read_number,
    read_text,
    resolved,
)
from tests.rights import open_folder, without_rights

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which is Linux's")


def test_a_file_s_text_comes_without_its_end_of_line(tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(b" amdgpu \n\0")
    assert read_text(tmp_path / "name") == "amdgpu"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42\n", 42.0),
        ("-273150", -273150.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("18446744073709551615", 2**64),
    ],
)
def test_a_number_is_read_as_it_stands(tmp_path: Path, text: str, number: float) -> None:
    (tmp_path / "value").write_text(text)
    assert read_number(tmp_path / "value") == number


@pytest.mark.parametrize("text", ["", "\n", "N/A", "nan", "inf", "12 W", "0x1002"])
def test_what_is_no_number_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "value").write_text(text)
    assert read_number(tmp_path / "value") is None


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "absent", tmp_path / "folder", tmp_path / "folder" / "x" / "y"):
        assert read_text(path) is None
        assert read_number(path) is None
        assert not is_denied(path)


@linux_only
def test_a_file_whose_driver_fails_is_none() -> None:
    # reading at address 0 of a process fails with EIO, as a sensor that hangs on a dead bus does
    assert read_text(Path("/proc/self/mem")) is None
    assert read_number(Path("/proc/self/mem")) is None


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "label").write_bytes(b"T\xff\n")
    assert read_text(tmp_path / "label") == "T\N{REPLACEMENT CHARACTER}"


def test_of_a_file_without_end_the_beginning_is_read(tmp_path: Path) -> None:
    (tmp_path / "label").write_text("x" * 100_000)
    assert read_text(tmp_path / "label") == "x" * MOST_BYTES
    assert read_text(tmp_path / "label", 200_000) == "x" * 100_000
    assert read_number(Path("/dev/zero")) is None


def test_a_label_is_short_and_printable(tmp_path: Path) -> None:
    (tmp_path / "label").write_text("CPU\n\x1b[31m \u200bTemp\n" + "x" * 100_000)
    label = read_label(tmp_path / "label")
    assert label.startswith("CPU[31m Tempxxx")
    assert len(label) == LABEL_CHARACTERS
    assert read_label(tmp_path / "absent") == ""


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    assert resolved(tmp_path / "one") is None
    assert resolved(tmp_path / "absent") == tmp_path.resolve() / "absent"


def test_a_file_that_may_not_be_read_is_told_from_one_that_is_not_there() -> None:
    with open_folder() as folder:
        secret = folder / "energy_uj"
        secret.write_text("1")
        secret.chmod(0)
        with without_rights():
            assert read_number(secret) is None
            assert is_denied(secret)
            assert not is_denied(folder / "absent")
        secret.chmod(0o644)
        assert not is_denied(secret)


def test_a_folder_s_contents_are_in_order(tmp_path: Path) -> None:
    for name in ("hwmon1", "hwmon0", "other"):
        (tmp_path / name).mkdir()
    assert [path.name for path in matching(tmp_path, "hwmon*")] == ["hwmon0", "hwmon1"]
    assert matching(tmp_path / "absent") == []
    assert matching(tmp_path / ("x" * 300)) == []
