"""The folder of the models is found, and the room that is left there."""

import os
import shutil
from pathlib import Path

import pytest

from gpu_exporter.collectors.host_filesystem import PLACES, HostFilesystem, mountpoint_of
from gpu_exporter.errors import Unavailable
from tests.exporters import context_of
from tests.machines import read


def mountpoint(found: dict[tuple[str, ...], float]) -> str:
    (label,) = {key[1] for key in found}
    return label


def test_the_folder_that_was_set_is_measured(tmp_path: Path) -> None:
    found = read(HostFilesystem(context_of(models_dir=tmp_path)))
    where = mountpoint(found)
    usage = shutil.disk_usage(tmp_path)
    assert found["host_filesystem_size_bytes", where] == usage.total
    assert 0 <= found["host_filesystem_avail_bytes", where] <= usage.total


def test_what_is_free_is_what_others_than_root_can_have(tmp_path: Path) -> None:
    found = read(HostFilesystem(context_of(models_dir=tmp_path)))
    state = os.statvfs(tmp_path)
    free = found["host_filesystem_avail_bytes", mountpoint(found)]
    assert free == pytest.approx(state.f_bavail * state.f_frsize, abs=2**30)


def test_the_first_place_that_exists_is_where_the_models_are(tmp_path: Path) -> None:
    places = (tmp_path / "none", tmp_path / "models")
    (tmp_path / "models").mkdir()
    found = read(HostFilesystem(context_of(), places))
    assert mountpoint(found) == str(mountpoint_of(tmp_path))


def test_the_folder_that_was_set_comes_before_all_places(tmp_path: Path) -> None:
    absent = tmp_path / "set"
    with pytest.raises(FileNotFoundError, match=r"GPU_EXPORTER_MODELS_DIR: no folder .*set"):
        read(HostFilesystem(context_of(models_dir=absent), (tmp_path,)))


def test_a_machine_without_models_has_nothing_of_it(tmp_path: Path) -> None:
    places = (tmp_path / "none", Path("~nobodyatall/models"))
    with pytest.raises(Unavailable, match=r"no folder of models .*none, ~nobodyatall/models"):
        read(HostFilesystem(context_of(), places))


def test_a_file_is_no_folder_of_models(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("no folder")
    with pytest.raises(Unavailable):
        read(HostFilesystem(context_of(), (tmp_path / "models",)))


def test_a_place_that_cannot_be_looked_at_is_passed_over(tmp_path: Path) -> None:
    found = read(HostFilesystem(context_of(), (tmp_path / ("long" * 100), tmp_path)))
    assert mountpoint(found) == str(mountpoint_of(tmp_path))


def test_a_link_leads_to_where_the_models_really_are(tmp_path: Path) -> None:
    link = tmp_path / "models"
    link.symlink_to("/dev" if Path("/dev").is_mount() else "/")
    found = read(HostFilesystem(context_of(models_dir=link)))
    assert mountpoint(found) == str(mountpoint_of(link.resolve()))
    assert mountpoint(found) in ("/dev", "/")


def test_the_mountpoint_is_the_nearest_above() -> None:
    assert mountpoint_of(Path("/")) == Path("/")
    assert mountpoint_of(Path("/no/such/folder")) == Path("/")


def test_a_users_own_models_come_first() -> None:
    assert str(PLACES[0]).startswith("~")
