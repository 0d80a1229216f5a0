import ctypes.util
from pathlib import Path

import pytest

from stack import openmp
from stack.places import Places
from tests.components import need


def test_nothing_is_fetched_where_the_system_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need("libgomp", ctypes.util.find_library("gomp") is not None, "apt install libgomp1")
    openmp.ensure(Places(tmp_path, tmp_path / "state", tmp_path / "downloads"))
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []
