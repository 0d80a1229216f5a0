from pathlib import Path

import pytest

from stack.errors import StackError
from stack.units.readable import closed_to_others, require_readable


def test_the_first_closed_folder_above_a_path_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "inside").mkdir(parents=True)
    closed.chmod(0o700)
    tmp_path.chmod(0o755)
    found = closed_to_others(closed / "inside", hidden=())
    assert found is not None
    assert found in (closed, *closed.parents)


def test_what_is_above_a_hidden_path_does_not_matter_and_the_path_itself_does(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    file = closed / "file"
    closed.mkdir()
    file.touch(0o644)
    closed.chmod(0o700)
    assert closed_to_others(file, hidden=(tmp_path,)) is None
    file.chmod(0o600)
    assert closed_to_others(file, hidden=(tmp_path,)) == file


def test_the_refusal_says_who_reads_what_was_found_and_what_to_type(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    file.chmod(0o600)
    with pytest.raises(StackError, match=r"user ollama-observe: .*-rw-------; chmod -R go\+rX"):
        require_readable((file,), tmp_path, hidden=(tmp_path,))


def test_what_is_open_to_all_is_no_reason_to_refuse() -> None:
    require_readable((Path("/usr"),), Path("/usr"))
