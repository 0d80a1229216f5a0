import os
import platform
from pathlib import Path

import pytest

from stack.validating.packages import of_packages, of_python


def stamp(folder: Path, name: str, seconds: int) -> None:
    path = folder / ".venv" / f".installed-{name}"
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.utime(path, (seconds, seconds))


def test_the_interpreter_is_named_with_where_its_packages_are() -> None:
    said = of_python()
    assert said.is_ok
    assert said.detail.startswith(f"{platform.python_version()}, /")


def test_the_sets_that_are_here_are_named(tmp_path: Path) -> None:
    assert of_packages(tmp_path).remedy == "make start installs them"
    stamp(tmp_path, "docker", 100)
    stamp(tmp_path, "local", 100)
    said = of_packages(tmp_path)
    assert (said.is_ok, said.detail) == (True, "local (of processes), docker (of containers alone)")


@pytest.mark.parametrize(
    ("name", "verb"),
    [("local", "make start"), ("dev", "make lint"), ("dashboard", "make install-dashboard")],
)
def test_a_set_that_asks_for_something_else_since_is_a_warning(
    tmp_path: Path, name: str, verb: str
) -> None:
    stamp(tmp_path, name, 100)
    (tmp_path / "requirements").mkdir()
    (tmp_path / f"requirements/{name}.txt").touch()
    said = of_packages(tmp_path)
    assert said.is_ok is None
    assert said.detail.startswith(f"older than requirements/{name}.txt")
    assert said.remedy == f"{verb} brings them up to date"


@pytest.mark.parametrize("name", ["pyproject.toml", "stack/pyproject.toml", "scripts/venv.sh"])
def test_what_make_installs_again_for_is_a_warning(tmp_path: Path, name: str) -> None:
    stamp(tmp_path, "local", 100)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    assert of_packages(tmp_path).is_ok is None
