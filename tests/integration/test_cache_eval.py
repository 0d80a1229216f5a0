"""The measurement of the semantic cache, with a scripted model whose vectors are all the same."""

import asyncio
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.cache.__main__ import main
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer
from tests.ports import free_port

pytestmark = pytest.mark.long

NAME = "flat"


def measure(url: str, into: Path) -> int:
    return main(["--url", url, "--model", NAME, "--threshold", "0.5", "--into", str(into)])


async def test_figures_and_a_picture_are_written(tmp_path: Path) -> None:
    async with ScriptedServer(FakeOllama(models={NAME: Model(NAME)})) as ollama:
        assert await asyncio.to_thread(measure, ollama.url, tmp_path) == 0
    figures = json.loads((tmp_path / "cache-eval.json").read_text())
    for half in ("tuning", "held_back"):
        found = figures["methods"][half]
        assert found["threshold"]["recall"] == 1
        assert found["threshold"]["wrong"] == found["threshold"]["other"] > 0
        assert found["both"] == found["guards"]
        assert found["both"]["precision"] == 1
        assert found["both"]["least_precision"] < 1
    svg = ElementTree.fromstring((tmp_path / "cache-eval.svg").read_text())
    assert len(svg.findall("{http://www.w3.org/2000/svg}polyline")) == 4


def test_without_a_model_nothing_is_written(tmp_path: Path) -> None:
    assert measure(f"http://127.0.0.1:{free_port()}", tmp_path / "results") == 3
    assert not (tmp_path / "results").exists()
