"""Answers in a file and in a server: shared, kept over a restart, and never in the way."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from proxy.cache.stores.sqlite import SqliteStore
from proxy.cache.stores.store import Bounds
from tests.caches import NOW, Gone, an_entry
from tests.clients import RawClient
from tests.components import need
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.processes import ProxyProcess, proxy_process
from tests.servers import RunningProxy, running_proxy
from tests.valkeys import valkey

pytestmark = pytest.mark.long

MODEL = "smollm2:135m"
SECRET: dict[str, Any] = {"cache": "simple", "cache_secret": "the same for all"}
STORED = "ollama_proxy_cache_stored_total"
FAILED = "ollama_proxy_cache_failures_total"

Proxy = RunningProxy | ProxyProcess


async def ask(proxy: Proxy, text: str) -> tuple[str, bytes]:
    """What a chat was found as, and its answer."""
    messages = [{"role": "user", "content": text}]
    async with await RawClient.connect(proxy.url) as client:
        body = {"model": MODEL, "messages": messages}
        await client.request("POST", "/api/chat", body, "Connection: close")
        head = await client.head()
        answer = await client.rest()
    assert head.status == 200
    assert b'"done":true' in answer
    return head.get("x-portkey-cache-status") or "", answer


async def value(proxy: Proxy, name: str, **labels: str) -> float:
    if isinstance(proxy, RunningProxy):
        return await proxy.value(name, **labels)
    _, text = await proxy.get("/metrics")
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def reached(proxy: Proxy, name: str, least: float = 1, **labels: str) -> None:
    """Wait until a metric has come to this."""
    async with asyncio.timeout(20):
        while await value(proxy, name, **labels) < least:
            await asyncio.sleep(0.02)


async def found_again(proxy: Proxy, text: str) -> None:
    """Wait until an answer is kept and found again."""
    async with asyncio.timeout(20):
        while (await ask(proxy, text))[0] != "HIT":
            await asyncio.sleep(0.1)


def chats(ollama: ScriptedServer) -> int:
    return sum(call.target == "/api/chat" for call in ollama.calls)


async def ended(proxy: ProxyProcess) -> list[dict[str, object]]:
    """Stop it; what it logged."""
    proxy.child.send_signal(signal.SIGTERM)
    return [json.loads(line) for line in (await proxy.ended()).splitlines()]


@pytest.fixture(params=["file", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where answers are kept, as a setting says it."""
    if request.param == "file":
        yield str(tmp_path / "answers")
        return
    with valkey() as server:
        yield server.url


@contextlib.asynccontextmanager
async def filed(ollama: ScriptedServer, path: Path, **more: str) -> AsyncIterator[ProxyProcess]:
    """A proxy process whose answers are in this file."""
    told = {"PROXY_CACHE": "simple", "PROXY_CACHE_STORE": str(path), **more}
    async with proxy_process(ollama.url, PROXY_LOG_FORMAT="json", **told) as proxy:
        await proxy.until_ready()
        yield proxy


async def test_two_proxies_share_answers(place: str) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache_store=place, **SECRET) as one,
        running_proxy(ollama.url, cache_store=place, **SECRET) as other,
    ):
        first, answer = await ask(one, "Why is the sky blue?")
        await reached(one, STORED)
        assert (first, await ask(other, "Why is the sky blue?")) == ("MISS", ("HIT", answer))
        assert chats(ollama) == 1


async def test_proxies_with_another_secret_find_nothing_of_each_other(place: str) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple", cache_store=place, cache_secret="a") as one,
        running_proxy(ollama.url, cache="simple", cache_store=place, cache_secret="b") as other,
    ):
        await ask(one, "Why is the sky blue?")
        await reached(one, STORED)
        assert (await ask(other, "Why is the sky blue?"))[0] == "MISS"


async def test_answers_survive_a_restart(place: str, tmp_path: Path) -> None:
    told = {"PROXY_CACHE": "simple", "PROXY_CACHE_STORE": place}
    if "://" in place:
        told["PROXY_CACHE_SECRET"] = "the same for all"
    async with ScriptedServer(FakeOllama()) as ollama:
        found = []
        for _ in range(2):
            async with proxy_process(ollama.url, **told) as proxy:
                await proxy.until_ready()
                found.append(await ask(proxy, "Why is the sky blue?"))
                if found[-1][0] == "MISS":
                    await reached(proxy, STORED)
                proxy.child.send_signal(signal.SIGTERM)
                await proxy.ended()
        assert [status for status, _ in found] == ["MISS", "HIT"]
        assert found[0][1] == found[1][1]
        assert chats(ollama) == 1


async def test_workers_share_a_file_and_its_key(tmp_path: Path) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        filed(ollama, tmp_path / "answers", PROXY_WORKERS="3") as proxy,
    ):
        _, answer = await ask(proxy, "Why is the sky blue?")
        await reached(proxy, STORED)
        found = await asyncio.gather(*(ask(proxy, "Why is the sky blue?") for _ in range(60)))
        assert set(found) == {("HIT", answer)}
        assert chats(ollama) == 1


async def test_only_its_user_may_read_what_is_kept(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        async with (
            ScriptedServer(FakeOllama()) as ollama,
            filed(ollama, tmp_path / "answers") as proxy,
        ):
            await ask(proxy, "Why is the sky blue?")
            await reached(proxy, STORED)
            modes = _modes(tmp_path)
    finally:
        os.umask(before)
    names = ("answers", "answers-wal", "answers-shm", "answers.key")
    assert modes == dict.fromkeys(names, 0o600)


async def test_nothing_of_what_was_asked_is_kept(tmp_path: Path) -> None:
    canary = f"canary{secrets.token_hex(8)}"
    with valkey() as server:
        for store in (str(tmp_path / "answers"), server.url):
            async with (
                ScriptedServer(FakeOllama()) as ollama,
                running_proxy(ollama.url, cache_store=store, **SECRET) as proxy,
            ):
                _, answer = await ask(proxy, f"Why? {canary}")
                await reached(proxy, STORED)
                assert canary.encode() not in answer
        kept = _contents(tmp_path)
        names = server.ask("KEYS", "*")
        kept += [names, *_values(server.ask, names)]
    assert any(b'"done":true' in one for one in kept[:-1])
    assert any(b'"done":true' in one for one in kept[-4:])
    assert not any(canary.encode() in one for one in kept)


def _modes(folder: Path) -> dict[str, int]:
    return {found.name: found.stat().st_mode & 0o777 for found in folder.iterdir()}


def _contents(folder: Path) -> list[bytes]:
    return [found.read_bytes() for found in folder.iterdir()]


def _values(ask: Callable[..., bytes], names: bytes) -> list[bytes]:
    entries = [name.decode() for name in names.split(b"\r\n") if b":entry:" in name]
    return [ask("GET", name) for name in entries]


async def test_a_server_that_is_killed_under_traffic_costs_misses_alone() -> None:
    with valkey() as server:
        async with (
            ScriptedServer(FakeOllama()) as ollama,
            running_proxy(ollama.url, cache_store=server.url, **SECRET) as proxy,
        ):
            await found_again(proxy, "Why is the sky blue?")
            found, ending = [], asyncio.Event()

            async def traffic() -> None:
                while not ending.is_set():
                    found.append(await ask(proxy, "Why is the sky blue?"))

            clients = [asyncio.ensure_future(traffic()) for _ in range(4)]
            await reached(proxy, "ollama_proxy_cache_lookups_total", 40, result="hit")
            await asyncio.to_thread(server.kill)
            await reached(proxy, FAILED, 20, part="store")
            ending.set()
            await asyncio.gather(*clients)
            assert {status for status, _ in found} == {"HIT", "MISS"}
            assert (await ask(proxy, "Why is the sky blue?"))[0] == "MISS"
            await asyncio.to_thread(server.start)
            await found_again(proxy, "Why is the sky blue?")


async def test_a_server_that_does_not_answer_holds_nobody_up() -> None:
    with valkey() as server:
        async with (
            ScriptedServer(FakeOllama()) as ollama,
            running_proxy(ollama.url, cache_store=server.url, **SECRET) as proxy,
        ):
            await found_again(proxy, "Why is the sky blue?")
            with server.frozen():
                for _ in range(5):
                    began = time.perf_counter()
                    assert (await ask(proxy, "Why is the sky blue?"))[0] == "MISS"
                    assert time.perf_counter() - began < 2
            await found_again(proxy, "Why is the sky blue?")


async def test_a_server_that_is_down_at_the_start_stops_nothing_and_its_password_is_not_told() -> (
    None
):
    with valkey("--requirepass", "right") as server:
        url = server.url.replace("redis://", "redis://:wr0ngpass@")
        told = {"PROXY_CACHE": "simple", "PROXY_CACHE_STORE": url, "PROXY_CACHE_SECRET": "s3cret"}
        async with (
            ScriptedServer(FakeOllama()) as ollama,
            proxy_process(ollama.url, PROXY_LOG_FORMAT="json", **told) as proxy,
        ):
            await proxy.until_ready()
            assert (await ask(proxy, "Why?"))[0] == "MISS"
            await reached(proxy, FAILED, part="store")
            pages = [await proxy.get(path) for path in ("/metrics", "/health", "/ready")]
            logs = await ended(proxy)
    lost = [line for line in logs if line["event"] == "cache_store_lost"]
    assert {line["doing"] for line in lost} == {"ask", "keep"}
    assert "wants another user or password" in str(lost[0]["reason"])
    assert not any(word in str((logs, pages)) for word in ("wr0ngpass", "s3cret"))


@pytest.mark.parametrize("kind", ["foreign", "corrupt"])
async def test_what_stands_in_the_files_place_is_set_aside(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "answers"
    async with ScriptedServer(FakeOllama()) as ollama:
        if kind == "foreign":
            with contextlib.closing(sqlite3.connect(path)) as other:
                other.executescript("CREATE TABLE theirs (a); INSERT INTO theirs VALUES ('kept');")
        else:
            async with filed(ollama, path) as proxy:
                await ask(proxy, "Why?")
                await reached(proxy, STORED)
                await ended(proxy)
            content = path.read_bytes()
            path.write_bytes(content[:100] + os.urandom(len(content) - 100))
        before = path.read_bytes()
        async with filed(ollama, path) as proxy:
            await found_again(proxy, "Why?")
            logs = await ended(proxy)
    moved = [line for line in logs if line["event"] == "cache_file_set_aside"]
    assert [(line["found"], line["moved_to"]) for line in moved] == [(kind, f"{path}.{kind}-1")]
    assert (tmp_path / f"answers.{kind}-1").read_bytes() == before


async def test_a_file_that_is_spoilt_while_it_is_used_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    store = SqliteStore(path, Bounds(10_000, 1 << 30, 1e9), Gone())
    for number in range(2_000):  # more than SQLite would have read by now
        await store.put(secrets.token_bytes(32), an_entry(bytes(2_000)), None, NOW + number)
    await store.close()
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        filed(ollama, path, PROXY_WORKERS="2") as proxy,
    ):
        await found_again(proxy, "Why?")
        with path.open("r+b") as opened:
            opened.seek(4096)
            opened.write(os.urandom(path.stat().st_size - 4096))
        async with asyncio.timeout(20):
            while not path.with_name("answers.corrupt-1").exists():
                await ask(proxy, secrets.token_hex(8))
        await found_again(proxy, "Why?")
        await found_again(proxy, "Why not?")
        await reached(proxy, FAILED, part="store")
        logs = await ended(proxy)
    assert [line["event"] for line in logs].count("cache_file_set_aside") == 1


@contextlib.contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """A disk of its own that is soon full."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
        done = subprocess.run(mount, capture_output=True, check=False)
        need("mount", done.returncode == 0, "run as root, where file systems may be mounted")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def widen(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Take all that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as opened, contextlib.suppress(OSError):
        while True:
            opened.write(bytes(4096))
    return filler


async def test_a_full_disk_costs_misses_alone(tmp_path: Path) -> None:
    with small_disk("2m") as disk:
        async with (
            ScriptedServer(FakeOllama()) as ollama,
            filed(ollama, disk / "answers") as proxy,
        ):
            await found_again(proxy, "Why?")
            filler = fill(disk)
            for number in range(200):
                assert (await ask(proxy, f"Why not {number}?"))[0] == "MISS"
            await reached(proxy, FAILED, part="store")
            assert (await ask(proxy, "Why?"))[0] == "HIT"
            filler.unlink()
            await found_again(proxy, "Why not 199?")
            logs = await ended(proxy)
    lost = [line for line in logs if line["event"] == "cache_store_lost"]
    assert {line["doing"] for line in lost} == {"keep"}
    assert "disk is full" in str(lost[0]["reason"])


async def test_a_disk_that_is_full_at_the_start_stops_nothing() -> None:
    with small_disk("64k") as disk:
        filler = fill(disk)
        async with (
            ScriptedServer(FakeOllama()) as ollama,
            filed(ollama, disk / "answers") as proxy,
        ):
            assert (await ask(proxy, "Why?"))[0] == "MISS"
            await reached(proxy, FAILED, part="store")
            filler.unlink()
            await asyncio.to_thread(widen, disk, "4m")
            await found_again(proxy, "Why?")
