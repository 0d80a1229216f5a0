import json
from pathlib import Path

import pytest

from stack.arguments import parse
from stack.docker.fit import fit
from stack.errors import NoExporterError
from tests.answering import answering
from tests.dockers import said_of, world_at

ROOM = {"head_room": {"sentences": ["no model is loaded"]}}


def test_the_exporter_is_asked_where_it_is_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_at(tmp_path)
    with answering(200, json.dumps(ROOM).encode()) as url:
        port = int(url.rpartition(":")[2])
        published = [{"URL": "127.0.0.1", "TargetPort": 8000, "PublishedPort": port}]
        line = said_of("gpu-exporter", world.folder, Publishers=published)
        world.docker.answers("ps --all", line)
        assert fit(world.request(), parse(["fit"])) == 0
    assert capsys.readouterr().out == "head-room:\n  no model is loaded\n"


def test_the_demo_s_exporter_is_one_too(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    with answering(200, json.dumps(ROOM).encode()) as url:
        port = int(url.rpartition(":")[2])
        published = [{"URL": "127.0.0.1", "TargetPort": 8000, "PublishedPort": port}]
        line = said_of("gpu-exporter-demo", world.folder, Publishers=published)
        world.docker.answers("ps --all", line)
        assert fit(world.request(), parse(["fit"])) == 0


def test_where_none_runs_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoExporterError, match="not running: make start"):
        fit(world_at(tmp_path).request(), parse(["fit"]))


def test_one_that_is_named_is_asked_whatever_runs(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    with answering(200, json.dumps(ROOM).encode()) as url:
        assert fit(world.request(), parse(["fit", f"--exporter={url}"])) == 0
    assert world.docker.asked() == []
