import json
from pathlib import Path

import pytest

from stack.validating.run import findings, validate
from tests.dockers import World, world_at
from tests.ports import free_ports

NAMES = ("PROXY_PORT", "PROXY_CONTROL_PORT", "ENGINE_PORT")


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = world_at(tmp_path)
    found.docker.answers("compose version", code=1)
    return found


def variables(**more: str) -> dict[str, str]:
    ports = dict(zip(NAMES, map(str, free_ports(len(NAMES))), strict=True))
    off = dict.fromkeys(("PROMETHEUS", "DASHBOARD", "GPU_EXPORTER"), "off")
    return {**ports, **off, "ENGINE": "embedded", "RUNTIME": "local", **more}


def test_what_stops_no_start_is_exit_code_0_and_every_line_fits_a_terminal(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate(world.request(**variables())) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("nothing here stops a start")
    assert max(len(line) for line in lines if str(world.folder) not in line) <= 100


def test_what_stops_a_start_is_counted_and_is_exit_code_1(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate(world.request(**variables(PROXY_PROT="1"))) == 1
    out = capsys.readouterr().out
    assert "no   proxy: unknown setting PROXY_PROT, did you mean PROXY_PORT?" in out
    assert out.splitlines()[-1].startswith("a start fails of what is said no: 1 of ")


def test_programs_read_one_document(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate(world.request(**variables()), is_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["is_ok"] is True
    assert said["findings"][0] == {
        "what": "settings",
        "is_ok": True,
        "detail": "the stack's own",
        "remedy": "",
    }


def test_packages_are_asked_for_only_where_somebody_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.folder / "requirements").mkdir()
    (world.folder / "requirements/docker.txt").write_text("python-dotenv==1.2.4 \\\n")
    for name, value in {
        "PIP_INDEX_URL": "http://127.0.0.1:1/simple",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_EXTRA_INDEX_URL": "",
    }.items():
        monkeypatch.setenv(name, value)
    request = world.request(**variables())
    assert "network" in {one.what for one in findings(request, asks_network=True)}
    first = (one.what for one in findings(request))
    assert "network" not in {next(first) for _ in range(7)}
