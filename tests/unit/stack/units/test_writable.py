import os
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.units.writable import open_to_writing, require_roots

ME = os.getuid()
SOMEBODY = 60000


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout that its owner alone writes."""
    folder = tmp_path / "checkout"
    (folder / "inside").mkdir(parents=True)
    (folder / "inside/module.py").touch()
    (folder / "link").symlink_to("inside/module.py")
    for path in (folder, folder / "inside", folder / "inside/module.py"):
        path.chmod(0o755)
    return folder


def opened(tree: Path, owner: int = ME) -> list[Path]:
    return [path for path in open_to_writing([tree], [], owner) if path.is_relative_to(tree.parent)]


def test_what_its_owner_alone_writes_is_closed_and_a_link_has_no_mode(tree: Path) -> None:
    assert opened(tree) == []


@pytest.mark.parametrize("name", ["", "inside", "inside/module.py"])
@pytest.mark.parametrize("mode", [0o775, 0o757])
def test_one_file_or_folder_that_others_write_is_found(tree: Path, name: str, mode: int) -> None:
    (tree / name).chmod(mode)
    assert opened(tree) == [tree / name]


def test_a_folder_above_that_others_write_is_found(tree: Path) -> None:
    tree.parent.chmod(0o777)
    assert opened(tree) == [tree.parent]


def test_from_a_sticky_folder_above_nobody_takes_the_checkout_away(tree: Path) -> None:
    tree.parent.chmod(0o1777)
    assert opened(tree) == []
    tree.chmod(0o1777)
    assert opened(tree) == [tree]


def test_what_is_neither_the_owner_s_nor_root_s_is_found(tree: Path) -> None:
    if ME == 0:  # root gives away, anybody else is somebody else than asked for
        os.chown(tree / "inside/module.py", SOMEBODY, -1)
        os.chown(tree / "link", SOMEBODY, -1, follow_symlinks=False)
        assert set(opened(tree)) == {tree / "inside/module.py", tree / "link"}
    else:
        assert tree / "inside/module.py" in opened(tree, SOMEBODY)


def test_a_program_is_looked_at_with_what_it_is_in(tree: Path) -> None:
    program = tree / "inside/module.py"
    (tree / "inside").chmod(0o777)
    found = list(open_to_writing([], [program], ME))
    assert tree / "inside" in found
    assert program not in found


def test_the_refusal_says_what_was_found_and_what_to_type(tree: Path) -> None:
    (tree / "inside").chmod(0o777)
    with pytest.raises(StackError, match=rf"{tree}/inside .*drwxrwxrwx .*chmod -R go-w {tree}"):
        require_roots([tree], [], tree, ME)
    (tree / "inside").chmod(0o755)
    tree.parent.chmod(0o777)
    with pytest.raises(StackError, match=rf"sudo git clone {tree} /opt/ollama-observe`"):
        require_roots([tree], [], tree, ME)
