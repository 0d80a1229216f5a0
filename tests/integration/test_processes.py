"""The proxy as a process: start, drain on SIGTERM, refuse a taken port, leak nothing."""

import asyncio
import json
import signal
import socket
from pathlib import Path

import pytest

from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.processes import proxy_process

CHAT = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "Hi"}]}
CANARY = "canary-5f3a9c"


async def is_open(url: str) -> bool:
    """Whether new connections are taken."""
    try:
        async with await RawClient.connect(url):
            return True
    except ConnectionRefusedError:
        return False


async def test_sigterm_drains_what_is_in_flight_and_readiness_goes_first() -> None:
    fake = FakeOllama(Model(output_tokens=40), Faults(tokens_per_second=20))
    async with ScriptedServer(fake) as ollama, proxy_process(ollama.url) as proxy:
        await proxy.until_ready()
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/api/chat", CHAT)
            head = await client.head()
            await client.chunk()
            proxy.child.send_signal(signal.SIGTERM)
            async with asyncio.timeout(5):
                while (await proxy.get("/ready"))[0] != 503:
                    await asyncio.sleep(0.01)
            assert json.loads((await proxy.get("/ready"))[1]) == {"status": "draining"}
            async with asyncio.timeout(5):
                while await is_open(proxy.url):
                    await asyncio.sleep(0.02)
            for _ in range(10):
                await client.chunk()
            assert (await proxy.get("/ready"))[0] == 503  # the control app outlives the drain
            assert (await client.body(head)).count(b"\n") == 30
        logged = await proxy.ended()
    assert proxy.child.returncode == 0
    assert "ok" in [json.loads(line).get("outcome") for line in logged.splitlines()]


async def test_a_taken_port_ends_the_process_with_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with proxy_process("http://127.0.0.1:1", PROXY_PORT=port) as proxy:
            logged = await proxy.ended()
    assert proxy.child.returncode == 1
    (line,) = logged.splitlines()
    event = json.loads(line)
    assert event["event"] == "cannot_listen"
    assert f"cannot listen on 127.0.0.1:{port} (relay)" in event["detail"]


async def test_a_misspelt_variable_ends_the_process_with_one_sentence() -> None:
    async with proxy_process("http://127.0.0.1:1", PROXY_PROT="1") as proxy:
        logged = await proxy.ended()
    assert proxy.child.returncode == 2
    assert logged.strip() == "proxy: unknown setting PROXY_PROT, did you mean PROXY_PORT?"


async def test_a_file_of_aliases_that_cannot_be_read_is_named_and_not_repeated(
    tmp_path: Path,
) -> None:
    aliases = tmp_path / "aliases"
    aliases.write_text("sk-a-key-that-has-no-place-here\n")
    async with proxy_process("http://127.0.0.1:1", PROXY_USER_ALIASES_FILE=str(aliases)) as proxy:
        logged = await proxy.ended()
    assert proxy.child.returncode == 1
    assert logged.startswith("proxy: PROXY_USER_ALIASES_FILE (--user-aliases-file): ")
    assert "line 1: expected an alias" in logged
    assert "sk-a-key" not in logged


async def test_a_client_with_a_full_pipe_that_leaves_is_noticed_on_the_real_event_loop() -> None:
    async def never_answer(call: Call) -> None:
        await call.peer_gone.wait()

    async with ScriptedServer(never_answer) as ollama, proxy_process(ollama.url) as proxy:
        await proxy.until_ready()
        client = await RawClient.connect(proxy.url)
        await client.send(b"GET /api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2)
        call = await ollama.nth_call()
        client.close()
        async with asyncio.timeout(5):
            await call.peer_gone.wait()
        proxy.child.send_signal(signal.SIGTERM)
        logged = [json.loads(line) for line in (await proxy.ended()).splitlines()]
    assert [line["event"] for line in logged if line["level"] not in ("info", "debug")] == []


async def test_a_proxy_in_the_environment_is_for_others() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        ScriptedServer(FakeOllama()) as other,
        proxy_process(
            ollama.url, HTTP_PROXY=other.url, http_proxy=other.url, ALL_PROXY=other.url
        ) as proxy,
    ):
        await proxy.until_ready()
        async with await RawClient.connect(proxy.url) as client:
            await client.request("GET", "/api/version")
            assert (await client.head()).status == 200
        assert (len(ollama.calls), other.calls) == (1, [])


async def test_health_tells_whether_ollama_answers() -> None:
    async with ScriptedServer(FakeOllama()) as ollama, proxy_process(ollama.url) as proxy:
        await proxy.until_ready()
        status, body = await proxy.get("/health")
        assert (status, json.loads(body)["checks"]["ollama"]["ok"]) == (200, True)
        assert "Ollama 0.33.0" in body
        await ollama.stop()
        status, body = await proxy.get("/health")
        assert (status, json.loads(body)["status"]) == (503, "degraded")
        assert (await proxy.get("/ready"))[0] == 200  # it still takes traffic, and says 502
        _, metrics = await proxy.get("/metrics")
        assert "ollama_proxy_requests_total{" not in metrics  # checks are no traffic


async def test_what_was_asked_and_answered_is_in_no_log_and_no_metric() -> None:
    fake = FakeOllama(Model(name="smollm2:135m"))
    async with (
        ScriptedServer(fake) as ollama,
        proxy_process(ollama.url, PROXY_LOG_LEVEL="debug") as proxy,
    ):
        await proxy.until_ready()
        async with await RawClient.connect(proxy.url) as client:
            secrets = (f"Authorization: Bearer {CANARY}", f"X-Anything: {CANARY}")
            for path in ("/api/chat", "/api/generate", "/v1/chat/completions", f"/{CANARY}"):
                asked = {
                    "model": "smollm2:135m",
                    "prompt": CANARY,
                    "messages": [{"role": "user", "content": CANARY}],
                }
                await client.request("POST", f"{path}?key={CANARY}", asked, *secrets)
                await client.body(await client.head())
            await client.request("POST", "/api/chat", {"model": CANARY, "messages": []})
            await client.body(await client.head())
            await client.request(f"X{CANARY.upper()}", "/api/user/keys/" + CANARY)
            await client.body(await client.head())
        _, metrics = await proxy.get("/metrics")
        proxy.child.send_signal(signal.SIGTERM)
        logged = await proxy.ended()
    assert "request_finished" in logged
    assert CANARY not in metrics.lower()
    assert CANARY not in logged.lower()
    answer = fake.words()[1].strip()
    assert f'"{answer}"' not in logged


@pytest.mark.parametrize(("salt", "warned"), [("", True), ("of our own", False)])
async def test_hashes_that_can_be_guessed_are_warned_of(salt: str, warned: bool) -> None:
    settings = {"PROXY_USER_HEADER": "X-User", "PROXY_USER_SALT": salt}
    async with ScriptedServer(FakeOllama()) as ollama:
        async with proxy_process(ollama.url, **settings) as proxy:
            await proxy.until_ready()
            proxy.child.send_signal(signal.SIGTERM)
            assert ("user_salt_missing" in await proxy.ended()) is warned
