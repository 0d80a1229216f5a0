"""Local and cloud told apart: proxy, exporter and a scripted Ollama, over real sockets."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import psutil
import pytest

from tests.clients import RawClient
from tests.exporters import Scrape, exporter_process, samples
from tests.fakes.faults import Faults
from tests.fakes.memory import Memory
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer
from tests.processes import ProxyProcess, proxy_process

pytestmark = pytest.mark.long

SMALL, BIG, ALIAS = "smollm2:135m", "big:120b-cloud", "my-big:latest"
MODELS = {
    SMALL: Model(SMALL),
    BIG: Model("big:120b"),
    ALIAS: Model(ALIAS, remote_model="big:120b", remote_host="http://gpu-box:11434"),
}
WHERE = {SMALL: "local", BIG: "cloud", ALIAS: "cloud"}
WITHIN_SECONDS = 30.0
WORKERS = 2

Row = Mapping[str, Any]


def ollama(**faults: Any) -> FakeOllama:
    return FakeOllama(MODELS[SMALL], Faults(**faults), models=MODELS, memory=Memory())


def asking(model: str, **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "Hi"}], **more}


async def ask(url: str, path: str, model: str) -> None:
    async with await RawClient.connect(url) as client:
        await client.request("POST", path, asking(model, stream=False))
        head = await client.head()
        assert head.status == 200
        await client.body(head)


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while not await reached():
            await asyncio.sleep(0.05)


async def told(proxy: ProxyProcess) -> list[tuple[str, str, float]]:
    """The series that say where models compute."""
    _, text = await proxy.get("/metrics")
    return sorted(
        (sample.labels["model"], sample.labels["location"], sample.value)
        for sample in samples(text)
        if sample.name == "ollama_proxy_model_info"
    )


async def rows(proxy: ProxyProcess) -> Sequence[Row]:
    _, text = await proxy.get("/api/inflight")
    found: Sequence[Row] = json.loads(text)["requests"]
    return found


EXPECTED = sorted((model, where, 1.0) for model, where in WHERE.items())


async def expected_are_told(proxy: ProxyProcess) -> None:
    """Wait until the proxy says of each model where it computes."""

    async def are_told() -> bool:
        return await told(proxy) == EXPECTED

    await until(are_told)


@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions", "/v1/messages"])
async def test_each_model_has_one_series_whatever_dialect_it_was_asked_in(path: str) -> None:
    async with (
        ScriptedServer(ollama()) as server,
        proxy_process(server.url) as proxy,
    ):
        await proxy.until_ready()
        assert await told(proxy) == []
        for model in (*WHERE, "Big:120b:Cloud", "registry.ollama.ai/library/my-big"):
            body = asking(model, stream=False, max_tokens=5)
            async with await RawClient.connect(proxy.url) as client:
                await client.request("POST", path, body)
                await client.body(await client.head())
        await expected_are_told(proxy)
        _, text = await proxy.get("/metrics")
    tokens = {
        sample.labels["model"]: sample.value
        for sample in samples(text)
        if sample.name == "ollama_proxy_generated_tokens_total"
    }
    # the cloud answers in another name than the client asked for: it is no other model's answer
    assert set(tokens) <= set(WHERE)
    assert tokens[BIG] > 0


async def test_several_workers_make_no_more_series_and_one_that_dies_takes_none_away() -> None:
    async with (
        ScriptedServer(ollama()) as server,
        proxy_process(server.url, PROXY_WORKERS=str(WORKERS)) as proxy,
    ):
        await proxy.until_ready()
        for _ in range(8):  # on connections of their own, so that each worker gets some
            await asyncio.gather(*(ask(proxy.url, "/v1/chat/completions", name) for name in WHERE))
        await expected_are_told(proxy)
        for worker in psutil.Process(proxy.child.pid).children():
            worker.kill()
        assert await told(proxy) == EXPECTED


async def test_ollama_is_asked_once_for_a_label_and_never_for_a_request() -> None:
    async with (
        ScriptedServer(ollama()) as server,
        proxy_process(server.url) as proxy,
    ):
        await proxy.until_ready()
        await ask(proxy.url, "/v1/chat/completions", ALIAS)

        async def is_told() -> bool:
            return await told(proxy) == [(ALIAS, "cloud", 1.0)]

        await until(is_told)
        for _ in range(5):
            await ask(proxy.url, "/v1/chat/completions", ALIAS)
            await told(proxy)
        paths = [call.target for call in server.calls]
    assert paths.count("/api/tags") == 1


async def in_flight(proxy: ProxyProcess, stack: AsyncExitStack, *models: str) -> None:
    """Streams that hang after a few tokens, or before the first, as the faults say."""
    for model in models:
        client = await stack.enter_async_context(await RawClient.connect(proxy.url))
        await client.request("POST", "/api/chat", asking(model))


async def test_nobody_waits_for_a_slot_of_a_model_that_computes_elsewhere() -> None:
    fake = ollama()
    async with (
        ScriptedServer(fake) as server,
        proxy_process(server.url) as proxy,
        AsyncExitStack() as stack,
    ):
        await proxy.until_ready()
        for model in WHERE:
            await ask(proxy.url, "/v1/chat/completions", model)
        await expected_are_told(proxy)
        fake.faults = Faults(ttft_seconds=2 * WITHIN_SECONDS)
        await in_flight(proxy, stack, *(model for model in WHERE for _ in range(2)))

        async def are_sent() -> bool:
            return [row["sent_seconds"] is not None for row in await rows(proxy)] == [True] * 6

        await until(are_sent)
        found = await rows(proxy)
        _, text = await proxy.get("/metrics")
    assert sorted((row["model"], row["location"], row["phase"]) for row in found) == sorted(
        [
            *[(BIG, "cloud", "prefill")] * 2,
            *[(ALIAS, "cloud", "prefill")] * 2,
            (SMALL, "local", "prefill"),
            (SMALL, "local", "waiting"),
        ]
    )
    phases = {
        sample.labels["phase"]: sample.value
        for sample in samples(text)
        if sample.name == "ollama_proxy_inflight_phase_requests"
        and sample.labels["routing"] == "direct"
    }
    assert (phases["prefill"], phases["waiting"]) == (5, 1)


async def test_a_cloud_model_s_first_request_is_the_clouds_before_anybody_answered() -> None:
    async with (
        ScriptedServer(ollama(ttft_seconds=2 * WITHIN_SECONDS)) as server,
        proxy_process(server.url) as proxy,
        AsyncExitStack() as stack,
    ):
        await proxy.until_ready()
        await in_flight(proxy, stack, BIG, SMALL)

        async def are_there() -> bool:
            return len(await rows(proxy)) == 2

        await until(are_there)
        found = {row.get("location"): row["model"] for row in await rows(proxy)}
    assert found == {"cloud": "other", None: "other"}


def joules(scrape: Scrape, state: str) -> dict[str, float]:
    """Of the demo's cards by model, as far as there are any."""
    of_all = scrape.get("ollama_energy_joules_total", {})
    return {
        labels[1]: value
        for labels, value in of_all.items()
        if value and labels[0] == "gpu" and labels[2] == state
    }


async def test_what_computes_elsewhere_takes_no_joules_of_the_cards_here() -> None:
    fake = ollama()
    async with (
        ScriptedServer(fake) as server,
        proxy_process(server.url) as proxy,
        AsyncExitStack() as stack,
    ):
        await proxy.until_ready()
        for model in WHERE:
            await ask(proxy.url, "/v1/chat/completions", model)
        await expected_are_told(proxy)
        fake.faults = Faults(hang_after=2)
        await in_flight(proxy, stack, BIG, ALIAS, ALIAS)
        exporter = await stack.enter_async_context(
            exporter_process(
                GPU_EXPORTER_BACKEND="demo",
                GPU_EXPORTER_GPU_INTERVAL_SECONDS="0.2",
                GPU_EXPORTER_OLLAMA_URL=server.url,
                GPU_EXPORTER_PROXY_URL=f"http://127.0.0.1:{proxy.control_port}",
            )
        )
        await exporter.until("/ready")
        only_cloud = await exporter.until_scraped(
            lambda scrape: SMALL in joules(scrape, "model_loaded")
        )
        await in_flight(proxy, stack, SMALL)
        both = await exporter.until_scraped(lambda scrape: SMALL in joules(scrape, "busy"))
    # while they generated elsewhere, the cards waited for the model that is loaded here
    assert joules(only_cloud, "busy") == {}
    assert set(joules(both, "busy")) == {SMALL}
    energy = {labels[1] for labels in both["ollama_energy_joules_total"]}
    assert not {BIG, ALIAS, "big:120b"} & energy
    listed = {labels[0]: labels[-1] for labels in both["ollama_model_info"]}
    assert listed == WHERE
    assert set(both["ollama_model_loads_total"]) == {(SMALL,)}
