from pathlib import Path

from stack.validating.space import (
    NEEDED_MEMORY_BYTES,
    available_memory,
    existing,
    of_disk,
    of_disks,
    of_images,
    of_memory,
)
from tests.dockers import world_at

GB = 10**9


def test_a_disk_without_room_for_a_start_stops_it() -> None:
    said = of_disk(".venv", 300_000_000, 500_000_000, 4 * GB)
    assert (said.is_ok, said.detail) == (
        False,
        "300 MB are free for .venv, a start needs 500 MB",
    )
    assert "make room" in said.remedy


def test_a_disk_without_room_for_what_prometheus_keeps_is_a_warning() -> None:
    said = of_disk(".venv", 2 * GB, 500_000_000, 4 * GB)
    assert said.is_ok is None
    assert said.remedy.endswith("PROMETHEUS_RETENTION_GIGABYTES=1")
    assert of_disk(".venv", 9 * GB, 500_000_000, 4 * GB).is_ok


def test_folders_on_one_disk_are_one_finding_with_all_that_is_missing(tmp_path: Path) -> None:
    request = world_at(tmp_path).request(PROMETHEUS_RETENTION_GIGABYTES="1000000")
    (said,) = of_disks(request, has_prometheus=False, is_embedded=True)
    assert said.is_ok is not True
    assert ".venv" in said.detail


def test_docker_s_disk_is_looked_at_where_its_folder_is_here(tmp_path: Path) -> None:
    assert of_images("", are_here=True, has_ollama=False).detail.endswith("is not seen from here")
    assert of_images("/nowhere/docker", are_here=True, has_ollama=False).is_ok is None
    said = of_images(str(tmp_path), are_here=True, has_ollama=False)
    assert said.is_ok
    assert said.detail.endswith(f"are free for Docker ({tmp_path})")


def test_memory_that_does_not_do_is_a_warning() -> None:
    assert of_memory(NEEDED_MEMORY_BYTES - 1).is_ok is None
    assert of_memory(NEEDED_MEMORY_BYTES).is_ok
    assert available_memory() > 0


def test_the_disk_of_a_folder_to_be_is_that_of_what_is_above_it(tmp_path: Path) -> None:
    assert existing(tmp_path / "a/b") == tmp_path
