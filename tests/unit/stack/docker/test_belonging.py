from pathlib import Path

from stack.docker.belonging import forget, is_gone, is_ours, note, noted
from stack.docker.containers import Container, parsed
from stack.places import Places
from tests.dockers import said_of
from tests.rights import open_folder, without_rights


def started_from(folder: Path) -> Container:
    (found,) = parsed(said_of("front", folder))
    return found


def places(checkout: Path) -> Places:
    checkout.mkdir(exist_ok=True)
    (checkout / "compose.yaml").touch()
    return Places(checkout, checkout / ".local", checkout / ".local")


def test_containers_of_this_checkout_are_ours_by_whatever_name_it_has(tmp_path: Path) -> None:
    here = places(tmp_path / "here")
    (tmp_path / "link").symlink_to(here.repository)
    assert is_ours(started_from(here.repository), here)
    assert is_ours(started_from(tmp_path / "link"), here)


def test_another_checkout_s_containers_are_not_ours_though_it_is_gone(tmp_path: Path) -> None:
    here, other = places(tmp_path / "here"), places(tmp_path / "other")
    note(here)
    assert not is_ours(started_from(other.repository), here)
    assert not is_ours(started_from(tmp_path / "gone"), here)
    # also where make is called in a folder that a container says nothing of
    assert not is_ours(started_from(Path()), here)


def test_what_make_started_is_ours_after_a_move_until_it_is_stopped(tmp_path: Path) -> None:
    before = places(tmp_path / "before")
    note(before)
    moved = places(before.repository.rename(tmp_path / "after"))
    assert is_ours(started_from(before.repository), moved)
    note(moved)
    note(moved)
    assert noted(moved) == [str(before.repository), str(moved.repository)]
    # Docker makes the folders that it mounts
    (before.repository / "portkey").mkdir(parents=True)
    assert is_ours(started_from(before.repository), moved)
    forget(moved)
    assert not is_ours(started_from(before.repository), moved)
    assert noted(moved) == []


def test_a_checkout_that_took_the_old_place_has_its_own_containers(tmp_path: Path) -> None:
    before = places(tmp_path / "before")
    note(before)
    moved = places(before.repository.rename(tmp_path / "after"))
    places(tmp_path / "before")
    assert not is_ours(started_from(before.repository), moved)


def test_a_folder_that_may_not_be_looked_at_is_somebody_else_s(tmp_path: Path) -> None:
    with open_folder() as theirs:
        assert is_gone(theirs / "checkout")
        theirs.chmod(0)
        with without_rights():
            assert not is_gone(theirs / "checkout")
        theirs.chmod(0o700)
