"""A new key is shown once, and its hash is what a file has of it."""

import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from proxy.access.keeper import read_ring
from proxy.access.keys_file import read_entries
from proxy.access.new import added, entry_of, main, new_key


def test_keys_are_random_and_long() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(re.fullmatch(r"oo-[A-Za-z0-9_-]{43}", key) for key in keys)


@pytest.mark.parametrize("alias", ["alice", "a-b_c", "bob@example.org", "a.b+c"])
def test_an_entry_is_what_a_file_takes(alias: str) -> None:
    (entry,) = read_entries(entry_of(alias, "oo-x"))
    assert entry.alias == alias
    assert entry.digests == (sha256(b"oo-x").digest(),)


def test_a_key_is_shown_with_its_entry(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alice"]) == 0
    said = capsys.readouterr().out
    key = said.splitlines()[0]
    (entry,) = read_entries(said[said.index("[alice]") :])
    assert entry.digests == (sha256(key.encode()).digest(),)
    assert said.count(key) == 1


def test_an_entry_is_put_into_a_file_beside_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keys.toml"
    keys = []
    for alias in ("alice", "bob@example.org"):
        assert main([alias, "--write", str(path)]) == 0
        keys.append(capsys.readouterr().out.splitlines()[0])
        path.write_text(f"# mine\n{path.read_text(encoding='utf-8')}\n\n", encoding="utf-8")
    path.chmod(0o600)
    assert main(["carol", "--write", str(path)]) == 0
    ring = read_ring(path)
    assert [entry.alias for entry in ring.entries] == ["alice", "bob@example.org", "carol"]
    assert [ring.owner(key.encode()) for key in keys] == list(ring.entries[:2])
    assert path.read_text(encoding="utf-8").count("# mine") == 2
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_behind_a_link_is_written_and_the_link_stays(tmp_path: Path) -> None:
    path, link = tmp_path / "real.toml", tmp_path / "keys.toml"
    path.write_text("[bob]\n", encoding="utf-8")
    link.symlink_to(path)
    assert main(["alice", "--write", str(link)]) == 0
    assert link.is_symlink()
    assert len(read_ring(path).entries) == 2


@pytest.mark.parametrize(
    ("alias", "text", "said"),
    [
        ("alice", "[alice]\n", "this alias has an entry"),
        ("alice", "[bob]\nmanage = 1\n", "entry 1 (line 1): manage"),
        ("a b", "", "expected an alias"),
        ('a"]\n[b', "", "expected an alias"),
        ("none", "", "expected an alias"),
        ("*", "", "nobody's key"),
    ],
)
def test_what_cannot_be_written_leaves_the_file_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], alias: str, text: str, said: str
) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(text, encoding="utf-8")
    assert main([alias, "--write", str(path)]) == 1
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""  # a key that nobody has a hash of is no key
    assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    text = "# " + "x" * 200_000 + "\n"
    path.write_text(text, encoding="utf-8")
    script = 'ulimit -f 8 && exec "$0" -B -m proxy.access.new alice --write "$1"'
    told = subprocess.run(
        ["sh", "-c", script, sys.executable, path], capture_output=True, text=True, timeout=60
    )
    assert (told.returncode, told.stdout) == (1, "")
    assert f"{path}: File too large" in told.stderr
    assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_made_and_not_more_than_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["alice", "--write", str(tmp_path / "keys" / "keys.toml")]) == 0
    assert len(read_ring(tmp_path / "keys" / "keys.toml").entries) == 1
    assert main(["alice", "--write", str(tmp_path / "none" / "none" / "keys.toml")]) == 1
    assert "No such file or directory" in capsys.readouterr().err


def test_a_text_without_entries_begins_with_the_first() -> None:
    assert added("# who asks\n", "alice", "oo-x").startswith("# who asks\n\n[alice]\n")
    assert added("\n", "alice", "oo-x").startswith("[alice]\n")
