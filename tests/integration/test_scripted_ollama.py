"""What the scripted Ollama does for several models at once: answers, faults, memory, absence."""

from typing import Any

import aiohttp
import pytest

from tests.fakes.faults import Faults
from tests.fakes.memory import Memory
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer

ONE, TWO = "one:1b", "two:1b"


def scripted(**models: Model) -> FakeOllama:
    known = {name: Model(name) for name in (ONE, TWO)} | {m.name: m for m in models.values()}
    return FakeOllama(known[ONE], models=known, memory=Memory())


async def generate(url: str, model: str, **more: Any) -> tuple[int, dict[str, Any]]:
    body = {"model": model, "prompt": "Hi", "stream": False, **more}
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{url}/api/generate", json=body) as answer:
            return answer.status, await answer.json(content_type=None)


async def listed(server: ScriptedServer, route: str) -> dict[str, dict[str, Any]]:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{server.url}{route}") as answer:
            return {model["name"]: model for model in (await answer.json())["models"]}


async def test_each_model_has_its_own_answers_and_faults() -> None:
    fake = scripted(slow=Model(TWO, output_tokens=3))
    fake.faults_of[ONE] = Faults(status=503)
    async with ScriptedServer(fake) as server:
        assert set(await listed(server, "/api/tags")) == {ONE, TWO}
        assert (await generate(server.url, ONE))[0] == 503
        status, said = await generate(server.url, TWO)
        assert (status, said["eval_count"]) == (200, 3)
        del fake.faults_of[ONE]
        status, said = await generate(server.url, ONE)
        assert (status, said["eval_count"]) == (200, 12)


async def test_what_is_asked_is_loaded_and_stays() -> None:
    fake = scripted(short=Model(TWO, context_tokens=64))
    assert fake.memory is not None
    async with ScriptedServer(fake) as server:
        assert await listed(server, "/api/ps") == {}
        for name in (ONE, TWO):
            await generate(server.url, name)
        fake.memory.gpu_ratios[TWO] = 0.5
        found = await listed(server, "/api/ps")
        assert list(found) == [ONE, TWO]
        assert found[ONE]["size_vram"] == found[ONE]["size"]
        assert found[TWO]["size_vram"] == pytest.approx(found[TWO]["size"] / 2, abs=1)
        assert [found[name]["context_length"] for name in (ONE, TWO)] == [4096, 64]
        async with aiohttp.ClientSession() as session:
            unload = {"model": ONE, "keep_alive": 0}
            async with session.post(f"{server.url}/api/generate", json=unload) as answer:
                assert answer.status == 200
        assert list(await listed(server, "/api/ps")) == [TWO]


async def test_rivals_push_each_other_out_and_are_loaded_again() -> None:
    fake = scripted()
    assert fake.memory is not None
    async with ScriptedServer(fake) as server:
        for name in (ONE, TWO):
            await generate(server.url, name)
        fake.memory.rivals = frozenset({ONE, TWO})
        loads = []
        for name in (ONE, ONE, TWO, ONE):
            _, said = await generate(server.url, name)
            loads.append(said["load_duration"])
            assert list(await listed(server, "/api/ps")) == [name]
    warm, cold = Model().load_ns, Model().reload_ns
    assert loads == [warm, warm, cold, cold]


async def test_a_context_of_its_own_cuts_a_longer_prompt() -> None:
    fake = scripted(short=Model(TWO, prompt_tokens=6000, context_tokens=64))
    async with ScriptedServer(fake) as server:
        _, said = await generate(server.url, TWO)
        assert said["prompt_eval_count"] == 64 // 2 + 2
        _, said = await generate(server.url, TWO, options={"num_ctx": 8192})
        assert said["prompt_eval_count"] == 6000


async def test_a_server_that_stopped_listens_again_on_its_port() -> None:
    async with ScriptedServer(scripted()) as server:
        url = server.url
        await server.stop()
        with pytest.raises(aiohttp.ClientError):
            await generate(url, ONE)
        await server.listen()
        assert server.url == url
        assert (await generate(server.url, ONE))[0] == 200


BIG, ALIAS = "big:120b-cloud", "my-big:latest"
REMOTE, HOST = "big:120b", "http://gpu-box:11434"
GPU_BOX = {"remote_model": REMOTE, "remote_host": HOST}


async def test_what_is_answered_elsewhere_is_listed_as_such_and_never_loaded() -> None:
    fake = scripted()
    cloud = {BIG: Model("big:120b"), ALIAS: Model(ALIAS, remote_model=REMOTE, remote_host=HOST)}
    fake = FakeOllama(fake.model, models={**fake.models, **cloud}, memory=Memory())
    async with ScriptedServer(fake) as server:
        answers = {name: (await generate(server.url, name))[1] for name in (ONE, BIG, ALIAS)}
        tags, loaded = await listed(server, "/api/tags"), await listed(server, "/api/ps")
    assert set(loaded) == {ONE}
    assert (tags[BIG]["remote_model"], tags[BIG]["size"]) == ("big:120b", 382)
    assert tags[ALIAS] | GPU_BOX == tags[ALIAS]
    assert "remote_host" not in tags[ONE]
    # the cloud answers in its own name, a host that was asked in the name that the client used
    assert (answers[BIG]["model"], answers[BIG].get("remote_host")) == ("big:120b", None)
    assert (answers[ALIAS]["model"], answers[ALIAS] | GPU_BOX) == (ALIAS, answers[ALIAS])
    assert "remote_model" not in answers[ONE]
