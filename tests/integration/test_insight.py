"""Where models' time goes, and what is foretold, in running proxies before running upstreams."""

import asyncio
import itertools
import json
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.engines import MODEL, running_engine
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.processes import ProxyProcess, proxy_process

pytestmark = pytest.mark.long

PHASE_SECONDS = "ollama_proxy_model_phase_seconds_total"
ERROR = "ollama_proxy_prefill_estimate_error_ratio"
BYTES_A_TOKEN = 5
TOKENS_PER_SECOND = 1000
DECODE_TOKENS_PER_SECOND = 40
OUTPUT_TOKENS = 12


@dataclass
class ReadingOllama:
    """A scripted Ollama that takes as long for a prompt as it says, by the prompt's size."""

    fake: FakeOllama = field(default_factory=FakeOllama)

    async def __call__(self, call: Call) -> None:
        await call.is_read.wait()
        if call.target.startswith(("/api/chat", "/v1/chat")):
            messages = json.loads(call.body)["messages"]
            tokens = sum(len(message["content"]) for message in messages) // BYTES_A_TOKEN
            seconds = tokens / TOKENS_PER_SECOND
            self.fake.model = Model(
                prompt_tokens=tokens,
                output_tokens=OUTPUT_TOKENS,
                prefill_ns=int(seconds * 1e9),
                decode_ns_per_interval=int(1e9 / DECODE_TOKENS_PER_SECOND),
                context_tokens=1 << 20,
            )
            self.fake.faults = Faults(
                ttft_seconds=seconds, tokens_per_second=DECODE_TOKENS_PER_SECOND
            )
        await self.fake(call)


def said(size: int, seed: int) -> list[dict[str, str]]:
    """A prompt of so many bytes, which begins as no other does."""
    draw = random.Random(seed)
    words = ("".join(draw.choices("abcdefgh", k=4)) for _ in itertools.count())
    content = " ".join(itertools.islice(words, size // 5 + 1))[:size]
    return [{"role": "user", "content": content}]


async def ask(url: str, size: int, seed: int, path: str = "/api/chat", **also: Any) -> bytes:
    """Ask, and read the answer to its end."""
    body = {"model": MODEL, "messages": said(size, seed), "stream": True, **also}
    async with aiohttp.ClientSession(url) as session, session.post(path, json=body) as answer:
        assert answer.status == 200
        return await answer.read()


async def values(proxy: ProxyProcess, name: str) -> dict[str, float]:
    """A metric of the model, by what tells its series apart."""
    _, text = await proxy.get("/metrics")
    return {
        "".join(value for label, value in sample.labels.items() if label != "model"): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


async def watched(proxy: ProxyProcess, asking: "asyncio.Task[bytes]") -> list[dict[str, Any]]:
    """What the live table says of the one request, until it has ended."""
    found = []
    while not asking.done():
        _, text = await proxy.get("/api/inflight")
        found += json.loads(text)["requests"]
        await asyncio.sleep(0.05)
    return found


@asynccontextmanager
async def proxied(**variables: str) -> AsyncIterator[ProxyProcess]:
    async with ScriptedServer(ReadingOllama()) as ollama:
        async with proxy_process(ollama.url, **variables) as proxy:
            await proxy.until_ready()
            yield proxy


@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions"])
async def test_a_long_prompt_is_foretold_and_seen_to_be_read(path: str) -> None:
    async with proxied() as proxy:
        # of a stream of /v1 the first teaches nothing: nobody tells what of it was the load
        for seed, size in enumerate((1000, 3000, 4000)):
            await ask(proxy.url, size, seed, path)
        asking = asyncio.ensure_future(ask(proxy.url, 10_000, 7, path))  # 2000 tokens: 2 s
        seen = await watched(proxy, asking)
        reading = [one for one in seen if "prefill_ratio" in one]
        ratios = [one["prefill_ratio"] for one in reading]
        assert ratios == sorted(ratios)
        assert 0 <= ratios[0] < ratios[-1] <= 0.99
        # this machine may be busy, so that a first token comes late
        assert reading[0]["first_token_seconds_estimate"] == pytest.approx(2.0, rel=0.5)
        assert all(one["phase"] == "prefill" for one in reading)
        assert any(one["phase"] == "answering" for one in seen)
        assert (await values(proxy, f"{ERROR}_count"))[""] >= 2


async def test_what_ollama_says_of_prompts_is_foretold_within_a_twentieth() -> None:
    async with proxied() as proxy:
        for seed, size in enumerate((3000, 5000, 8000, 4000)):
            await ask(proxy.url, size, seed)
        assert (await values(proxy, f"{ERROR}_count")) == {"": 3}
        assert (await values(proxy, f"{ERROR}_bucket"))["0.05"] == 3


@pytest.mark.parametrize("workers", ["1", "3"])
async def test_the_phases_add_up_to_wall_clock_time(workers: str) -> None:
    async with proxied(PROXY_WORKERS=workers) as proxy:
        earliest = time.perf_counter()
        await ask(proxy.url, 100, 0)
        latest = time.perf_counter()
        before: dict[str, float] = {}
        for round_ in range(4):
            sizes = (100, 500, 1500) * 2
            path = ("/api/chat", "/v1/chat/completions")[round_ % 2]
            asked = (ask(proxy.url, size, round_, path) for size in sizes)
            await asyncio.gather(*asked, asyncio.sleep(0.2))
            began = time.perf_counter()
            found = await values(proxy, PHASE_SECONDS)
            ended = time.perf_counter()
            # the last answers may not be booked yet: then what they may tell is not settled
            assert began - latest - 2 <= sum(found.values()) <= ended - earliest + 0.001
            assert all(found[phase] >= before.get(phase, 0) for phase in found)
            before = found
        await asyncio.sleep(0.5)
        began = time.perf_counter()
        found = await values(proxy, PHASE_SECONDS)
        ended = time.perf_counter()
        assert began - latest <= sum(found.values()) <= ended - earliest + 0.001
        decode = OUTPUT_TOKENS / DECODE_TOKENS_PER_SECOND
        assert found["answer"] >= 5 * (decode - 0.05)
        assert found["prefill"] > 0 < found["idle"]
        assert found["idle"] >= 0.4


async def test_the_time_of_a_worker_that_was_killed_goes_on() -> None:
    async with proxied(PROXY_WORKERS="3") as proxy:
        await asyncio.gather(*(ask(proxy.url, 100, seed) for seed in range(9)))
        await asyncio.sleep(0.3)
        at = time.perf_counter()
        before = await values(proxy, PHASE_SECONDS)
        for worker in psutil.Process(proxy.child.pid).children():
            worker.kill()
        async with asyncio.timeout(30):
            while True:
                found = await values(proxy, PHASE_SECONDS)
                assert all(found[phase] >= before[phase] for phase in before)
                passed = sum(found.values()) - sum(before.values())
                assert passed <= time.perf_counter() - at + 0.001
                if passed > 1.0:
                    break
                await asyncio.sleep(0.1)


async def test_turned_off_nothing_is_told() -> None:
    async with proxied(PROXY_INSIGHT="false") as proxy:
        for seed, size in enumerate((3000, 4000)):
            await ask(proxy.url, size, seed)
        seen = await watched(proxy, asyncio.ensure_future(ask(proxy.url, 3000, 7)))
        assert seen
        assert not any("prefill_ratio" in one for one in seen)
        assert await values(proxy, PHASE_SECONDS) == {}
        assert await values(proxy, f"{ERROR}_count") == {}


@pytest.fixture
def engine_url(tmp_path: Path) -> Iterator[str]:
    with running_engine(tmp_path) as engine:
        yield engine.url


@pytest.mark.timeout(600)
async def test_a_real_model_s_prompts_are_foretold(engine_url: str) -> None:
    """By how fast it has read until then: a busy machine may read the next one at any rate."""
    costs: list[float] = []
    foretold = 0
    async with proxy_process(engine_url) as proxy:
        await proxy.until_ready()
        for seed, size in enumerate((900, 1600, 1200)):
            options = {"num_predict": 4, "temperature": 0}
            asking = asyncio.ensure_future(ask(proxy.url, size, seed, options=options))
            seen = await watched(proxy, asking)
            final = json.loads(asking.result().splitlines()[-1])
            told = [one for one in seen if "prefill_ratio" in one]
            if told:
                foretold += 1
                expected = final["prompt_eval_count"] * median(costs)
                assert 0.5 < told[0]["first_token_seconds_estimate"] / expected < 2
                ratios = [one["prefill_ratio"] for one in told]
                assert ratios == sorted(ratios)
                assert ratios[-1] < 1
            costs.append(final["prompt_eval_duration"] / 1e9 / final["prompt_eval_count"])
        found = await values(proxy, PHASE_SECONDS)
        assert found["load"] > 0
        assert found["prefill"] > 0 < found["answer"]
    assert foretold > 0  # where the model reads more than 1000 tokens a second there is none
