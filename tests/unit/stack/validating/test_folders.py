import os
from pathlib import Path

import pytest

from stack.validating.finding import Finding
from stack.validating.folders import findings, first_of_others, of_folder, walked
from tests.dockers import world_at


def test_a_folder_of_ones_own_is_right_and_one_that_is_not_there_can_be_made(
    tmp_path: Path,
) -> None:
    assert of_folder(tmp_path, "", ".local", os.getuid()) == Finding(
        "folder", True, ".local: yours"
    )
    said = of_folder(tmp_path / "a/b", "", ".local", os.getuid())
    assert said == Finding("folder", True, ".local: will be made")


def test_a_folder_with_what_is_another_s_names_it_and_how_to_have_it_back(tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    said = of_folder(tmp_path, "STACK_STATE_DIR", ".local", os.getuid() + 1)
    assert said.is_ok is False
    whose = "root's" if os.getuid() == 0 else f"of user id {os.getuid()}"
    assert said.detail.startswith(f".local holds what is {whose} (")
    assert said.remedy == "sudo chown -R $(id -u):$(id -g) .local"


def test_a_file_in_a_folder_s_place_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = of_folder(tmp_path / "file", "STACK_STATE_DIR", "x", os.getuid())
    assert (said.is_ok, said.detail) == (False, "x is no folder")
    assert said.remedy.startswith("STACK_STATE_DIR=/a/folder/of/yours, or ")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write what has no such mode")
def test_a_folder_that_cannot_be_written_says_what_opens_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    said = of_folder(tmp_path, "", "x", os.getuid())
    inside = of_folder(tmp_path / "new", "", "new", os.getuid())
    tmp_path.chmod(0o700)
    assert (said.is_ok, said.remedy) == (False, "chmod u+rwX x")
    assert inside.detail == f"new cannot be made: {tmp_path} is not yours to write"


def test_a_folder_is_walked_to_its_depth(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").touch()
    assert {path.name for path in walked(tmp_path)} == {tmp_path.name, "a", "b", "c"}
    assert first_of_others(walked(tmp_path), os.getuid()) is None


def test_the_folders_are_those_of_the_settings_and_the_environment(tmp_path: Path) -> None:
    request = world_at(tmp_path).request()
    said = [one.detail for one in findings(request)]
    assert said == [
        "state: will be made",
        ".local: will be made",
        ".venv: will be made",
    ]
