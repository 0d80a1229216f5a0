"""systemd's own tools read the units: they are right, and leave open no more than they must."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stack.parts import START_ORDER
from stack.request import read_request
from stack.units.folders import unit_places
from stack.units.hardening import Footing
from stack.units.names import TARGET, unit_of
from stack.units.unit import render, target
from stack.variables import environment_of
from tests.components import need
from tests.unitfiles import every_part

PYTHON = (Path(sys.executable), Path(sys.base_prefix).resolve())

PARTS = [part for part in START_ORDER if part != "ollama"]
"""An Ollama that is installed has a unit of its own."""

EXPOSURE = {Footing.SYSTEM: 20, Footing.USER: 40, Footing.USER_WITHOUT_NAMESPACES: 65}
"""The most that `systemd-analyze security` may find open, of 100."""

EXPOSURE_OF_EXPORTER = {**EXPOSURE, Footing.SYSTEM: 30, Footing.USER: 65}
"""It reads cards, processes and the CPU's energy, which the others may not."""


@pytest.fixture(autouse=True)
def systemd() -> None:
    found = shutil.which("systemd-analyze") is not None
    need("systemd", found, "install the package systemd; it need not run")


def analyze(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *words],
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)},  # noqa: TID251 (a user's manager has one)
        capture_output=True,
        text=True,
        check=False,
    )


def written(footing: Footing, checkout: Path, folder: Path) -> list[str]:
    """The units of all parts of a checkout, in a folder; their paths."""
    request = read_request({}, checkout)
    places = unit_places(request.places, footing.is_system)
    parts = every_part(request, places)
    units = {TARGET: target([part.name for part in parts], places)}
    for part in parts:
        environment = environment_of(part, request.variables)
        units[unit_of(part.name)] = render(part, environment, footing, places, PYTHON)
    folder.mkdir()
    for name, text in units.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [str(folder / name) for name in units]


def test_every_part_that_make_start_starts_has_a_unit(tmp_path: Path) -> None:
    paths = written(Footing.USER, tmp_path / "checkout", tmp_path / "units")
    assert {Path(path).name for path in paths} == {TARGET, *map(unit_of, PARTS)}


@pytest.mark.parametrize("footing", Footing)
@pytest.mark.parametrize("name", ["checkout", 'it\'s a 100% "odd" $HOME: name'])
def test_the_units_of_every_part_are_right(footing: Footing, name: str, tmp_path: Path) -> None:
    paths = written(footing, tmp_path / name, tmp_path / "units")
    whose = "--system" if footing.is_system else "--user"
    done = analyze(tmp_path, whose, "verify", "--man=no", *paths)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("footing", Footing)
@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_not_more_exposed_than_it_must_be(
    footing: Footing, part: str, tmp_path: Path
) -> None:
    written(footing, tmp_path / "checkout", tmp_path / "units")
    most = (EXPOSURE_OF_EXPORTER if part == "gpu-exporter" else EXPOSURE)[footing]
    path = str(tmp_path / "units" / unit_of(part))
    done = analyze(tmp_path, "security", "--offline=yes", f"--threshold={most}", path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level" in done.stdout
