"""Nothing that a client invents becomes a series."""

import random
import string
from collections.abc import Iterator

from tests.clients import RawClient
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.servers import RunningProxy, running_proxy

INVENTED = 10_000
BATCH = 250
KNOWN = "smollm2:135m"
PATHS = ("/api/chat", "/api/generate", "/v1/chat/completions", "/api/show", "/api/embed")


def word(draw: random.Random) -> str:
    """A name that nobody has used."""
    return "".join(draw.choices(string.ascii_letters + string.digits, k=12))


def invented(seed: int, count: int) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Requests with random models, paths and methods, in turn."""
    draw = random.Random(seed)
    for number in range(count):
        name = word(draw)
        asked: dict[str, object] = {"model": name, "prompt": "x", "messages": [1], "stream": False}
        if number % 3 == 0:
            yield "POST", draw.choice(PATHS), asked
        elif number % 3 == 1:
            prefix = draw.choice(("/", "/api/", "/v1/models/", "/api/user/keys/", "/api/blobs/"))
            yield draw.choice(("GET", "POST", "DELETE")), prefix + name, asked
        else:
            yield word(draw).upper(), draw.choice(("/api/chat", "/", "/" + name)), asked


async def ask(url: str, seed: int, count: int) -> None:
    """Send so many of them on one connection, a batch at a time."""
    async with await RawClient.connect(url) as client:
        batch: list[tuple[str, str, dict[str, object]]] = []
        for request in invented(seed, count):
            batch.append(request)
            if len(batch) == BATCH:
                await exchange(client, batch)
                batch.clear()
        await exchange(client, batch)


async def exchange(client: RawClient, batch: list[tuple[str, str, dict[str, object]]]) -> None:
    for method, target, asked in batch:
        await client.request(method, target, asked)
        await client.body(await client.head())


async def series(proxy: RunningProxy) -> set[str]:
    """The series of the proxy's own metrics, as text."""
    return {
        f"{name}{sorted(labels)}"
        for name, labels in await proxy.samples()
        if name.startswith("ollama_proxy_") and not name.endswith("_created")
    }


async def test_ten_thousand_invented_names_leave_the_series_as_they_were() -> None:
    async with ScriptedServer(FakeOllama()) as ollama, running_proxy(ollama.url) as proxy:
        await ask(proxy.url, seed=1, count=2 * len(PATHS) * 30)  # each kind of refusal once
        before = await series(proxy)
        await ask(proxy.url, seed=2, count=INVENTED)
        after = await series(proxy)
        assert sorted(after - before) == []
        assert await proxy.value("ollama_proxy_requests_total") == INVENTED + 2 * len(PATHS) * 30
        assert await proxy.value("ollama_proxy_series") == len(after)


async def test_models_that_exist_are_bounded_too() -> None:
    """An upstream that answers for any name: beyond the limit they are `other`."""
    fake = FakeOllama()
    fake.library.names += [f"m{number}:1b" for number in range(300)]
    async with (
        ScriptedServer(fake) as ollama,
        running_proxy(ollama.url, model_label_limit=20) as proxy,
    ):
        async with await RawClient.connect(proxy.url) as client:
            for name in fake.library.names:
                asked = {"model": name, "prompt": "x", "stream": False}
                await client.request("POST", "/api/generate", asked)
                await client.body(await client.head())
        models = {dict(labels).get("model") for _, labels in await proxy.samples()} - {None}
        assert len(models - {"other", "none"}) == 20
        assert await proxy.value("ollama_proxy_generated_tokens_total", model="other") > 0
        assert await proxy.value("ollama_proxy_label_overflow_total", label="model") > 0
