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


def test_logs_and_numbers_are_for_us_alone(tmp_path: Path) -> None:
    request = read_request({"PROMETHEUS": "off"}, tmp_path)
    prepare(request, {"proxy"})
    for folder in (request.places.log, request.places.prometheus_data):
        assert folder.stat().st_mode & 0o777 == 0o700
