"""`python -m traffic` with a preset of a fixture: all of its records, once, and nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engines import MODEL as REAL_MODEL
from tests.engines import RunningEngine, running_engine
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import Call, ScriptedServer
from tests.fakes.turn import Model
from tests.generators import JSON, MODEL, Peer, finish, run, start
from tests.integration.test_traffic_portkey import everything, row, through_gateway
from tests.integration.test_traffic_worker import worker
from tests.servers import running_proxy
from traffic.bank.embeddings import Embedding
from traffic.bank.loading import load_bank
from traffic.bank.place import CHECKOUT_QUESTIONS
from traffic.bank.questions import Fixture, Question
from traffic.results.results import load

pytestmark = pytest.mark.long

BANK = load_bank(CHECKOUT_QUESTIONS)
EMBEDDINGS = [one for one in BANK.every({Fixture.EMBEDDINGS}) if isinstance(one, Embedding)]
VECTORS = ("/api/embed", "/v1/embeddings")


def texts(fixture: Fixture) -> list[str]:
    """The first words of every record of a fixture, sorted."""
    found = (one for one in BANK.every({fixture}) if isinstance(one, Question))
    return sorted(BANK.turns(question)[0] for question in found)


def bodies(calls: list[Call], *paths: str) -> list[dict[str, Any]]:
    return [json.loads(call.body) for call in calls if call.target in paths]


@pytest.mark.parametrize("api", ["native", "openai", "anthropic"])
@pytest.mark.parametrize("fixture", [Fixture.EDGE, Fixture.REFUSAL_SAFE])
async def test_every_question_of_a_fixture_is_asked_once_by_every_api(
    fixture: Fixture, api: str
) -> None:
    preset = fixture.replace("_", "-")
    async with ScriptedServer(FakeOllama(model=Model(name=MODEL))) as server:
        code, out, err = await finish(await start(server.url, "--preset", preset, "--api", api))
        asked = bodies(server.calls, "/api/chat", "/v1/chat/completions", "/v1/messages")
    assert code == 0, err
    said = [[one["content"] for one in body["messages"] if one["role"] == "user"] for body in asked]
    assert sorted(first for first, *later in said if not later) == texts(fixture)
    assert f"{len(said)} ok, 0 failed" in out


@pytest.mark.parametrize(("api", "path"), [("native", "/api/embed"), ("openai", "/v1/embeddings")])
async def test_texts_are_embedded_as_they_are_written_and_have_no_first_token(
    api: str, path: str, tmp_path: Path
) -> None:
    flags = ("--preset", "embeddings", "--api", api, "--results-directory", str(tmp_path))
    async with ScriptedServer(FakeOllama(model=Model(name=MODEL))) as server:
        code, out, err = await finish(await start(server.url, *flags))
        asked = bodies(server.calls, path)
    assert code == 0, err
    expected = [one.input if isinstance(one.input, str) else [*one.input] for one in EMBEDDINGS]
    assert sorted(map(json.dumps, (body["input"] for body in asked))) == sorted(
        map(json.dumps, expected)
    )
    inputs = sum(1 if isinstance(given, str) else len(given) for given in expected)
    assert "24 ok, 0 failed" in out
    assert f"{15 * inputs} prompt, 0 generated" in out
    kept = load(Path(out.splitlines()[-1].split("Results    ")[1]).parent)
    assert {record.category for record in kept.records} == {"embeddings"}
    assert "ttft_seconds" not in kept.summary.spreads
    assert kept.summary.spreads["end_to_end_seconds"].count == 24


async def short_of_one(call: Call) -> None:
    """Answers every request for vectors with one, and all else as a peer does."""
    if call.target not in VECTORS:
        await Peer().script(call)
        return
    await call.is_read.wait()
    await call.answer("200 OK", JSON, b'{"embeddings":[[0.5,1]],"prompt_eval_count":3}')


async def test_an_answer_without_a_vector_for_each_text_is_unreadable() -> None:
    lists = sum(not isinstance(one.input, str) for one in EMBEDDINGS)
    async with ScriptedServer(short_of_one) as server:
        code, out, err = await finish(await start(server.url, "--preset", "embeddings"))
    assert code == 1
    assert f"{24 - lists} ok, {lists} failed" in out
    assert f"{lists} x unreadable: expected " in out
    assert "failed: unreadable: expected 64 vectors, found 1" in err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("embeddings --api anthropic", "the anthropic API has no embeddings"),
        ("embeddings --cancel-rate 0.1", "vectors come in one piece"),
        ("edge --mix rag", "the preset edge asks a fixture, which has no categories"),
        ("refusal-safe --categories code", "not with --categories or --mix"),
    ],
)
async def test_what_a_fixture_cannot_have_is_refused_in_a_sentence(flags: str, said: str) -> None:
    peer = Peer()
    code, out, err = await run(peer, "--preset", *flags.split())
    assert (code, out) == (2, "")
    assert said in err
    assert peer.chats == []


async def test_the_dry_run_shows_a_fixture_and_sends_nothing() -> None:
    code, out, err = await run(Peer(), "--preset", "embeddings", "--dry-run")
    assert code == 0, err
    assert "24 in 24 requests\n" in out.replace(" \n", "\n").replace("  ", "")
    assert "emb-0" in out


@pytest.mark.parametrize("flags", [(), ("--workers", "2", "--concurrency", "2")])
async def test_vectors_come_through_the_proxy_and_to_several_processes(
    flags: tuple[str, ...],
) -> None:
    async with (
        ScriptedServer(FakeOllama(model=Model(name=MODEL))) as upstream,
        running_proxy(upstream.url) as proxy,
    ):
        code, out, err = await finish(await start(proxy.url, "--preset", "embeddings", *flags))
    assert code == 0, err
    assert "24 ok, 0 failed" in out


@pytest.mark.parametrize("api", ["native", "openai"])
async def test_vectors_come_both_ways_of_a_mixed_run_and_straight_from_the_gateway(
    api: str,
) -> None:
    flags = ("--preset", "embeddings", "--api", api, "--model", Model().name)
    async with everything() as (proxy, _):
        code, out, err = await finish(await start(proxy.url, "--route", "mixed", *flags))
    assert code == 0, err
    assert "48 ok, 0 failed" in out
    async with ScriptedServer(FakeOllama()) as ollama:
        code, out, err = await through_gateway(ollama.url, *flags)
    assert code == 0, err
    assert row(out, "Way") == ["24", "gateway"]


async def test_the_worker_plays_a_fixture_and_refuses_what_it_cannot_have() -> None:
    async with ScriptedServer(FakeOllama(model=Model(name=MODEL))) as server:
        async with worker(server.url, TRAFFIC_WORKER_AUTOSTART="false", TRAFFIC_MODEL=MODEL) as it:
            await it.until_state("idle")
            refused = await it.post("/start", preset="embeddings", api="anthropic")
            begun = await it.post("/start", preset="embeddings", arrival="closed")
            await it.until("traffic_request_duration_seconds_count", 24)
            await it.until_state("idle")
            assert await it.value("traffic_time_to_first_token_seconds_count") == 0
            assert (await it.end())[0] == 0
    assert refused[0] == 422
    assert "no embeddings" in refused[1]["error"]
    assert begun[0] == 200


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest.mark.parametrize("preset", ["edge", "embeddings"])
async def test_a_real_model_answers_all_of_it(engine: RunningEngine, preset: str) -> None:
    # a small context: what does not fit into it must end well, too
    flags = ["--preset", preset, "--model", REAL_MODEL, "--num-ctx", "512"]
    if preset != "embeddings":  # which have no tokens
        flags += ["--max-tokens", "8"]
    code, out, err = await finish(await start(engine.url, *flags))
    assert code == 0, err
    assert " ok, 0 failed" in out
