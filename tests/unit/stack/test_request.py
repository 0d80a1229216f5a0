from pathlib import Path

import pytest

from stack.errors import SettingsError
from stack.request import alone, read_request


def test_the_file_in_the_repository_is_read_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# mine\nPROXY_PORT=2000\nPROXY_KEY='a$HOME b'\n")
    request = read_request({"ENGINE_PORT": "3000"}, tmp_path)
    assert (request.settings.proxy_port, request.settings.engine_port) == (2000, 3000)
    assert request.variables["PROXY_KEY"] == "a$HOME b"


def test_no_file_is_fine(tmp_path: Path) -> None:
    assert read_request({}, tmp_path).settings.proxy_port == 11435


def test_a_misspelt_name_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PROMETHEUS_PROT=1\n")
    with pytest.raises(SettingsError, match="did you mean PROMETHEUS_PORT"):
        read_request({}, tmp_path)


def test_the_lock_is_let_go_after_a_failure(tmp_path: Path) -> None:
    request = read_request({}, tmp_path)
    with pytest.raises(ZeroDivisionError), alone(request):
        raise ZeroDivisionError
    with alone(request):
        assert (request.places.run / "lock").exists()
