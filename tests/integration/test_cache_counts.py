"""Five hundred requests at once, of all kinds: every counter is what was done."""

import asyncio
import random
from collections import Counter

from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer
from tests.lookups import CHAT, MODEL
from tests.servers import RunningProxy, running_proxy

COUNT = 500
BROKEN = "broken:1b"
PROMPT, GENERATED = 15, 12


class Drawn:
    """One request: what a generator of a known seed says."""

    def __init__(self, dice: random.Random) -> None:
        self.path = dice.choice(("/api/chat", "/v1/chat/completions", "/api/embed"))
        self.question = f"Question {dice.randrange(12)}?"
        self.model = BROKEN if dice.random() < 0.1 else MODEL
        self.header = dice.choice(
            ("", "", "", "Cache-Control: no-cache", "Cache-Control: no-store", "X-Api-Key: other")
        )
        self.leaves = dice.random() < 0.05
        self.is_read = dice.random() < 0.05

    def body(self) -> dict[str, object]:
        """What is sent."""
        if self.path == "/api/embed":
            return {"model": self.model, "input": self.question}
        return {
            "model": self.model,
            "messages": [{"role": "user", "content": self.question}],
            "stream": False,
        }


async def ask(proxy: RunningProxy, one: Drawn, turn: asyncio.Semaphore) -> tuple[str, int]:
    """What the answer says of the cache, and its status; 499 where nobody waited for it."""
    async with turn, await RawClient.connect(proxy.url) as client:
        if one.is_read:
            await client.request("GET", "/api/tags")
            head = await client.head()
            await client.body(head)
            return str(head.get("x-portkey-cache-status")), head.status
        lines = [one.header] if one.header else []
        await client.request("POST", one.path, one.body(), *lines)
        if one.leaves:
            client.reset()
            return "left", 499
        head = await client.head()
        await client.body(head)
        return str(head.get("x-portkey-cache-status")), head.status


async def test_every_counter_is_what_was_done() -> None:
    dice = random.Random(5)
    drawn = [Drawn(dice) for _ in range(COUNT)]
    fake = FakeOllama(
        Model(name=MODEL),
        faults=Faults(queue_seconds=0.02),
        faults_of={BROKEN: Faults(status=500)},
        models={BROKEN: Model(name=BROKEN)},
    )
    async with (
        ScriptedServer(fake) as ollama,
        running_proxy(ollama.url, cache="simple", cache_share_in_flight=True) as proxy,
    ):
        turn = asyncio.Semaphore(50)
        found = await asyncio.gather(*(ask(proxy, one, turn) for one in drawn))
        async with asyncio.timeout(10):
            while await proxy.value("ollama_proxy_requests_total") < COUNT:
                await asyncio.sleep(0.05)
        said = Counter(status for status, _ in found)
        statuses = Counter(status for _, status in found)
        assert await proxy.value("ollama_proxy_requests_total") == COUNT
        for status in (200, 500):
            count = await proxy.value("ollama_proxy_requests_total", status=str(status))
            assert abs(count - statuses[status]) <= said["left"]
        results = {
            result: await proxy.value("ollama_proxy_cache_lookups_total", result=result)
            for result in ("hit", "shared", "miss", "refresh", "disabled")
        }
        left = said["left"]
        hits = results["hit"] + results["shared"]
        assert said["HIT"] <= hits <= said["HIT"] + left
        assert said["MISS"] <= results["miss"] <= said["MISS"] + left
        assert said["REFRESH"] <= results["refresh"] <= said["REFRESH"] + left
        assert results["disabled"] == said["DISABLED"] == 0
        taken = COUNT - said["None"]
        assert taken - left <= sum(results.values()) <= taken
        assert min(results["hit"], results["shared"], results["miss"], results["refresh"]) > 5
        counted = await proxy.value("ollama_proxy_requests_total", routing="cache")
        assert counted == hits
        # each embedding has read its question and generated nothing; each error has neither
        saved = await proxy.value("ollama_proxy_cache_saved_tokens_total", type="output")
        assert saved == GENERATED * await whole_hits(proxy)
        generated = await proxy.value("ollama_proxy_generated_tokens_total")
        upstream = await proxy.value("ollama_proxy_generated_tokens_total", routing="direct")
        assert generated == upstream
        asked = sum(call.target in ("/api/chat", "/v1/chat/completions") for call in ollama.calls)
        assert generated <= GENERATED * asked
        stored = await proxy.value("ollama_proxy_cache_stored_total")
        replaced = await proxy.value("ollama_proxy_cache_evictions_total", cause="replaced")
        # twelve questions on three routes, of two callers
        assert stored - replaced <= 12 * 3 * 2
        assert await proxy.value("ollama_proxy_active_requests") == 0
        await answers_still(proxy)


async def whole_hits(proxy: RunningProxy) -> float:
    """Hits of chats that were given whole, by what was booked of them."""
    return sum(
        [
            await proxy.value(
                "ollama_proxy_requests_total", routing="cache", endpoint=path, status="200"
            )
            for path in ("/api/chat", "/v1/chat/completions")
        ]
    )


async def answers_still(proxy: RunningProxy) -> None:
    async with await RawClient.connect(proxy.url) as client:
        await client.request("POST", *CHAT)
        assert (await client.head()).status == 200
