"""The key beside a file of answers."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from proxy.cache.keys import SECRET_BYTES
from proxy.cache.stores.key_file import key_file, read_or_make
from tests.rights import open_folder, without_rights

READ = (
    "import sys; from pathlib import Path; from proxy.cache.stores.key_file import read_or_make;"
    "sys.stdout.buffer.write(read_or_make(Path(sys.argv[1])))"
)


def test_it_is_made_once_for_its_user_alone(tmp_path: Path) -> None:
    path = key_file(tmp_path / "answers")
    secret = read_or_make(path)
    assert (path.name, len(secret)) == ("answers.key", SECRET_BYTES)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_or_make(path) == secret
    assert read_or_make(tmp_path / "other.key") != secret


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    path = tmp_path / "answers.key"

    def read(_: int) -> bytes:
        command = [sys.executable, "-c", READ, str(path)]
        return subprocess.run(command, check=True, capture_output=True).stdout

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(read, range(3))) == {path.read_bytes()}


def test_one_that_is_empty_was_never_written(tmp_path: Path) -> None:
    path = tmp_path / "answers.key"
    path.touch(0o600)
    assert read_or_make(path) == path.read_bytes() != b""


def test_one_that_others_could_read_is_closed_to_them_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "answers.key"
    secret = read_or_make(path)
    path.chmod(0o644)
    with capture_logs() as logs:
        assert read_or_make(path) == secret
    assert path.stat().st_mode & 0o777 == 0o600
    assert [log["event"] for log in logs] == ["cache_key_was_open"]


@pytest.mark.parametrize("content", [b"short", b"-----BEGIN PRIVATE KEY-----" * 10])
def test_what_is_no_key_of_ours_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "answers.key"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"expected 32 bytes .* found {len(content)}: move it"):
        read_or_make(path)
    assert path.read_bytes() == content


def test_a_folder_that_may_not_be_written_is_an_error() -> None:
    with open_folder() as folder, without_rights():
        if folder.stat().st_uid == os.geteuid():  # no root, hence not without rights here
            folder.chmod(0o555)
        with pytest.raises(PermissionError):
            read_or_make(folder / "answers.key")
