from pathlib import Path

import pytest

from stack.errors import SettingsError
from stack.request import alone, read_request, read_what_can_be


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


def test_every_mistake_is_said_at_once_whatever_it_is_of(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PROXY_PORT abc\nTZ=x\nENGINE=embeded\n")
    with pytest.raises(SettingsError) as caught:
        read_request({}, tmp_path)
    line, name, value = str(caught.value).splitlines()
    assert (line[:13], name[:24]) == (".env, line 1:", ".env: unknown setting TZ")
    assert value.startswith("ENGINE: ")


def test_what_can_be_read_is_without_what_is_refused_and_says_each_mistake_once(
    tmp_path: Path,
) -> None:
    lines = ("PROXY_PORT abc", "TZ=x", "ENGINE=embeded", "PROMETHEUS_PORT=9999", "RUNTIME=local")
    (tmp_path / ".env").write_text("\n".join(lines))
    with pytest.raises(SettingsError) as caught:
        read_request({}, tmp_path)
    request, mistakes = read_what_can_be({}, tmp_path)
    assert mistakes == str(caught.value).splitlines()
    assert request.variables == {"PROMETHEUS_PORT": "9999", "RUNTIME": "local"}
    assert (request.settings.engine, request.settings.runtime) == ("auto", "local")
    assert request.settings.prometheus_port == 9999


def test_without_a_mistake_both_readings_are_one(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PROXY_PORT=2000\n")
    assert read_what_can_be({"A": "b"}, tmp_path) == (read_request({"A": "b"}, tmp_path), [])


def test_what_does_not_go_with_a_default_that_counts_now_is_no_mistake(tmp_path: Path) -> None:
    said = {"PROXY_PORT": "abc", "DASHBOARD_PORT": "11435"}
    request, (mistake,) = read_what_can_be(said, tmp_path)
    assert mistake.startswith("PROXY_PORT: ")
    assert (request.settings.proxy_port, request.variables) == (11435, {})
    clashing = {"PROXY_PORT": "1", "DASHBOARD_PORT": "1"}
    request, mistakes = read_what_can_be(clashing, tmp_path)
    assert mistakes == ["PROXY_PORT and DASHBOARD_PORT are both 1"]
    assert request.settings.dashboard_port == 3001


def test_a_state_folder_that_is_nobody_s_is_sought_where_it_is_without_a_word(
    tmp_path: Path,
) -> None:
    said = {"STACK_STATE_DIR": "~no-such-user/x", "RUNTIME": "podman"}
    request, mistakes = read_what_can_be(said, tmp_path)
    assert [mistake.partition(":")[0] for mistake in mistakes] == ["RUNTIME", "STACK_STATE_DIR"]
    assert request.places.state == tmp_path / ".local"
    assert request.settings.runtime == "auto"


def test_the_lock_is_let_go_after_a_failure(tmp_path: Path) -> None:
    request = read_request({}, tmp_path)
    with pytest.raises(ZeroDivisionError), alone(request):
        raise ZeroDivisionError
    with alone(request):
        assert (request.places.run / "lock").exists()
