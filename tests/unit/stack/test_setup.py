from pathlib import Path

import pytest

from stack.request import read_request
from stack.setup import Fetched, prepare


def test_in_front_of_an_ollama_and_without_prometheus_nothing_is_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = read_request({"PROMETHEUS": "off"}, tmp_path)
    assert prepare(request, {"proxy"}) == Fetched()
    assert capsys.readouterr().out == ""
    assert not request.places.models.exists()


def test_logs_are_for_us_alone_and_nobody_s_data_has_no_folder(tmp_path: Path) -> None:
    places = read_request({}, tmp_path).places
    prepare(read_request({}, tmp_path), {"proxy"})
    assert places.log.stat().st_mode & 0o777 == 0o700
    assert not places.prometheus_data.exists()
    assert not places.alertmanager_data.exists()


@pytest.mark.parametrize("name", ["prometheus", "alertmanager"])
def test_what_a_program_keeps_is_for_us_alone(tmp_path: Path, name: str) -> None:
    binary = tmp_path / ".local" / name / name
    binary.parent.mkdir(parents=True)
    binary.write_text(f"#!/bin/sh\necho {name}, version 1.2.3\n")
    binary.chmod(0o755)
    request = read_request({}, tmp_path)
    fetched = prepare(request, {name})
    found = {"prometheus": fetched.prometheus, "alertmanager": fetched.alertmanager}
    assert found[name] is not None
    assert [other for other in found if found[other] is None] == [
        other for other in found if other != name
    ]
    data = request.places.state / f"{name}-data"
    assert data.stat().st_mode & 0o777 == 0o700
