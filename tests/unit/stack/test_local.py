from argparse import Namespace
from pathlib import Path

import pytest

from stack.arguments import parse
from stack.docker import verbs
from stack.errors import NoWorkerError
from stack.local import VERBS
from stack.request import read_request
from stack.wish import STARTS


@pytest.mark.parametrize(
    ("verb", "code"), [("status", 3), ("stop", 0), ("stop-portkey", 0), ("install", 0)]
)
def test_a_verb_on_nothing_has_its_exit_code(tmp_path: Path, verb: str, code: int) -> None:
    assert VERBS[verb](read_request({}, tmp_path), parse([verb])) == code


def test_what_was_installed_is_said_with_what_to_do_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in ("install", "install-dashboard"):
        VERBS[verb](read_request({}, tmp_path), Namespace(verb=verb))
    whole, dashboard = capsys.readouterr().out.splitlines()
    assert "make setup" in whole
    assert dashboard == "installed: make dashboard shows what runs"


def test_the_worker_s_verbs_say_where_none_is(tmp_path: Path) -> None:
    request = read_request({"TRAFFIC_WORKER_PORT": "1"}, tmp_path)
    for verb in ("traffic-status", "traffic-stop"):
        with pytest.raises(NoWorkerError):
            VERBS[verb](request, parse([verb]))


def test_each_world_has_the_same_verbs_but_for_its_own() -> None:
    assert set(STARTS) <= set(VERBS)
    assert set(VERBS) - set(verbs.VERBS) == {
        *("rules", "validate", "install-service", "remove-service"),
    }
    assert set(verbs.VERBS) - set(VERBS) == {"images", "bundle"}
