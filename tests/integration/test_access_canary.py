"""A key is found nowhere but in the request that brought it: no log, label, metric, nor upstream.

A proxy of its own process logs all that it can; keys that are good, unknown, expired and misplaced
come in every field, and the file of keys is broken with keys in it.
"""

import asyncio
import base64
import json
import signal
from hashlib import sha256
from pathlib import Path

from tests.clients import RawClient
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.key_files import key_of, table, write_keys
from tests.processes import ProxyProcess, proxy_process

MODEL = "smollm2:135m"
ALIASES = ("good", "narrow", "spent", "late")
UNKNOWN = "oo-canary-of-nobody-5f3a9c"
KEYS = (*map(key_of, ALIASES), UNKNOWN)
FORMS = tuple(
    form
    for key in KEYS
    for form in (
        key,
        key.upper(),
        base64.b64encode(key.encode()).decode().rstrip("="),
        sha256(key.encode()).hexdigest(),
    )
)
FIELDS = (
    *("Authorization: Bearer {}", "authorization:bearer {}", "x-api-key: {}", "API-KEY: {}"),
    *("Authorization: {}", "Authorization: Basic {}"),
)
PATHS = ("/api/chat", "/v1/chat/completions", "/v1/messages", "/api/show", "/api/pull", "/{}")


async def ask_all(proxy: ProxyProcess) -> int:
    """Each key in each field on each route; how many answers there were."""
    count = 0
    for key in KEYS:
        for field in FIELDS:
            for path in PATHS:
                body = {"model": MODEL, "messages": [], "stream": False, "max_tokens": 5}
                async with await RawClient.connect(proxy.url) as client:
                    line = field.format(key)
                    # beside it one that is good, so that most get through
                    lines = [line] if count % 3 else [line, f"x-api-key: {key_of('good')}"]
                    await client.request("POST", path.format("x"), body, *lines)
                    head = await client.head()
                    answer = await client.body(head)
                    told = repr(head.headers) + answer.decode("utf-8", "replace")
                    assert not [form for form in FORMS if form in told]
                    count += 1
    return count


async def test_a_key_is_found_nowhere(tmp_path: Path) -> None:
    tables = (
        table("good", manage=True),
        table("narrow", models=["llama3"]),
        table("spent", requests_per_minute=1),
        table("late").replace("\n", "\nexpires = 2020-01-01\n", 1),
    )
    path = await asyncio.to_thread(write_keys, tmp_path / "keys.toml", *tables)
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        proxy_process(ollama.url, PROXY_API_KEYS_FILE=str(path), PROXY_LOG_LEVEL="debug") as proxy,
    ):
        await proxy.until_ready()
        count = await ask_all(proxy)
        assert count == len(KEYS) * len(FIELDS) * len(PATHS)
        broken = [
            *(f"[{UNKNOWN}]\n", f"{UNKNOWN}\n", f'[a]\nsha256 = "{UNKNOWN}"\n'),
            *(f'["a"]\n"{UNKNOWN}" = 1\n', f"[{UNKNOWN}]\n[{UNKNOWN}]\n"),
        ]
        told: list[str] = []
        for text in broken:
            await asyncio.to_thread(write_keys, path, text)
            async with asyncio.timeout(20):
                while True:
                    _, usage = await proxy.get("/api/usage")
                    mistake = json.loads(usage).get("mistake")
                    if mistake and mistake not in told[-1:]:
                        break
                    await asyncio.sleep(0.1)
            told.append(mistake)
        places = ("/metrics", "/health", "/api/inflight", "/api/usage")
        told += [(await proxy.get(place))[1] for place in places]
        proxy.child.send_signal(signal.SIGTERM)
        log = await proxy.ended()
        assert log.count("request_finished") >= count
        assert log.count("keys_refused") == len(broken)
        said = "\n".join([*told, log])
        assert [form for form in FORMS if form in said] == []
        calls = [call for call in ollama.calls if call.method == "POST"]
        assert calls
        for call in calls:
            sent = (call.target.encode(), call.body, *map(b"".join, call.headers))
            assert [form for form in FORMS if form.encode() in b"\n".join(sent)] == []
