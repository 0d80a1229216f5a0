import os
from pathlib import Path

import pytest

from stack.errors import SettingsError, StackError
from stack.places import Places, make_folder, places_of, private_folder, socket_path
from stack.settings import parse


def test_folders_count_from_the_repository(tmp_path: Path) -> None:
    places = places_of(parse({}), tmp_path)
    assert places.run == tmp_path / ".local/run"
    assert places.rules == tmp_path / ".local/run/rules"
    assert places.models == tmp_path / ".local/models"
    assert places.alertmanager_data == tmp_path / ".local/alertmanager-data"
    assert places.fetched("alertmanager") == tmp_path / ".local/alertmanager"


def test_state_and_downloads_can_lie_apart(tmp_path: Path) -> None:
    settings = parse({"STACK_STATE_DIR": str(tmp_path / "a"), "STACK_DOWNLOADS_DIR": "b"})
    places = places_of(settings, tmp_path)
    assert (places.state, places.downloads) == (tmp_path / "a", tmp_path / "b")


def test_a_path_inside_the_repository_is_shown_from_there() -> None:
    places = Places(Path("/r"), Path("/r/.local"), Path("/r/.local"))
    assert places.shown(places.log_of("proxy")) == ".local/log/proxy.log"
    assert places.shown(Path("/elsewhere/x")) == "/elsewhere/x"


def test_the_socket_lies_with_the_run_files_where_the_path_is_short() -> None:
    assert socket_path(Path("/home/me/clone/.local/run")) == Path(
        "/home/me/clone/.local/run/supervisor.sock"
    )


def test_a_deep_clone_gets_a_short_socket_of_its_own() -> None:
    deep = Path("/home") / ("long" * 30) / ".local/run"
    deeper = deep / "more"
    short = socket_path(deep, Path("/tmp"))
    # supervisor binds `<path>.<pid>` first; 104 bytes is the smallest limit there is
    assert len(f"{short}.4194304".encode()) < 104
    assert str(os.getuid()) in short.parent.name
    assert short != socket_path(deeper, Path("/tmp"))


def test_bytes_count_not_letters() -> None:
    assert socket_path(Path("/" + "ü" * 40), Path("/t")).parent.parent == Path("/t")


def test_a_private_folder_is_for_us_alone(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o777)
    private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_link_that_somebody_laid_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "theirs")
    with pytest.raises(StackError, match="is not ours"):
        private_folder(tmp_path / "run")


@pytest.mark.parametrize("folder", ["/proc/x", "file/x"])
def test_a_folder_that_cannot_be_made_is_said_with_its_variable(
    tmp_path: Path, folder: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match=r"cannot make .*/x \(STACK_STATE_DIR\): [A-Z]"):
        private_folder(tmp_path / folder)
    with pytest.raises(StackError, match=r"cannot make .*/x \(STACK_DOWNLOADS_DIR\): [A-Z]"):
        make_folder(tmp_path / folder, "STACK_DOWNLOADS_DIR")


def test_a_home_of_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"STACK_STATE_DIR: .*found '~nobody-of-that-name/x'"):
        places_of(parse({"STACK_STATE_DIR": "~nobody-of-that-name/x"}), tmp_path)


def test_only_what_a_part_keeps_needs_a_private_folder_beside_the_logs() -> None:
    places = places_of(parse({}), Path("/srv/checkout"))
    assert places.private_folders({"proxy"}) == (places.log,)
    assert places.private_folders({"prometheus"}) == (places.log, places.prometheus_data)
