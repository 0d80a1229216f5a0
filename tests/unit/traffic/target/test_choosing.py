"""Where no model is named, the server's first of the kind that is needed is asked."""

import json
from pathlib import Path

import pytest

from tests.fakes.server import Call, Script, ScriptedServer
from tests.unit.traffic.plan.test_trace import write
from tests.unit.traffic.test_settings import settings
from traffic.settings import TrafficSettings
from traffic.target.check import TargetError
from traffic.target.choosing import found_out

JSON = [(b"Content-Type", b"application/json")]
BERT = {"name": "minilm:33m", "details": {"family": "bert"}}
EMBED = {"name": "nomic-embed-text:v2", "details": {"family": "gemma3"}}
PLAIN = {"name": "plain:1b", "details": {"family": "llama"}}
OTHER = {"name": "other:1b"}
CLOUD = {"name": "big:120b-cloud"}
HANDED_ON = {"name": "mine", "remote_host": "http://gpu-box:11434", "remote_model": "big:120b"}


def offering(*models: object) -> Script:
    async def script(call: Call) -> None:
        await call.answer("200 OK", JSON, json.dumps({"models": models}).encode())

    return script


async def chosen(script: Script, **told: object) -> TrafficSettings:
    async with ScriptedServer(script) as server:
        return await found_out(settings(base_url=server.url, model="auto", **told))


@pytest.mark.parametrize(
    ("preset", "offered", "model"),
    [
        ("quick", (PLAIN, OTHER), "plain:1b"),
        ("quick", (BERT, EMBED, OTHER, PLAIN), "other:1b"),
        ("quick", (CLOUD, HANDED_ON, PLAIN), "plain:1b"),
        ("embeddings", (PLAIN, EMBED, BERT), "nomic-embed-text:v2"),
    ],
)
async def test_the_first_that_can_do_it_is_asked(
    preset: str, offered: tuple[object, ...], model: str
) -> None:
    found = await chosen(offering(*offered), preset=preset, seed=7)
    assert (found.model, found.preset, found.seed) == (model, preset, 7)


@pytest.mark.parametrize(
    ("preset", "offered", "said"),
    [
        ("quick", (), "a model that answers questions, found no model at all; make pull-model"),
        ("quick", (CLOUD,), "a model that answers questions, found big:120b-cloud"),
        ("quick", (BERT,), "a model that answers questions, found minilm:33m"),
        ("embeddings", (PLAIN,), "a model that makes vectors, found plain:1b"),
    ],
)
async def test_where_there_is_none_that_is_said(
    preset: str, offered: tuple[object, ...], said: str
) -> None:
    with pytest.raises(TargetError, match=said):
        await chosen(offering(*offered), preset=preset)


async def test_a_server_without_a_list_must_be_told_a_model() -> None:
    async def script(call: Call) -> None:
        await call.answer("404 Not Found", JSON, b"{}")

    with pytest.raises(TargetError, match=r"TRAFFIC_MODEL \(--model\)"):
        await chosen(script)


async def test_a_named_model_is_not_asked_about() -> None:
    told = settings(base_url="http://127.0.0.1:9", model="named")
    assert await found_out(told) is told


async def test_a_replay_asks_the_models_of_its_trace(tmp_path: Path) -> None:
    trace = write(tmp_path)
    told = settings(base_url="http://127.0.0.1:9", model="auto", preset="replay", trace=trace)
    found = await found_out(told)
    assert "model" not in found.model_fields_set
    assert found.trace == trace
