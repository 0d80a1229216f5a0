"""A result says which versions made it."""

import platform
import subprocess
from pathlib import Path

from traffic.results.provenance import git_revision, versions


def git(directory: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *words], cwd=directory, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_versions_name_the_program_python_and_the_system(tmp_path: Path) -> None:
    found = versions(tmp_path)
    assert set(found) == {"traffic", "python", "system"}
    assert found["python"] == platform.python_version()


def test_a_checkout_has_a_revision_and_says_when_files_differ_from_it(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "--quiet", "-m", "one")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert git_revision(tmp_path) == head
    (tmp_path / "a").write_text("2")
    assert git_revision(tmp_path) == f"{head}-changed"
    assert versions(tmp_path)["revision"] == f"{head}-changed"


def test_a_folder_outside_any_checkout_has_none(tmp_path: Path) -> None:
    assert git_revision(tmp_path) is None
    assert git_revision(tmp_path / "missing") is None
