"""Listening, deadlines and the drain, over a real socket."""

import asyncio
import contextlib
import socket

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.service.lifecycle import bind
from proxy.doors import create_doors
from proxy.server import Server
from proxy.settings import ProxySettings
from proxy.shared import Shared
from tests.clients import RawClient
from tests.fakes.server import Call, ScriptedServer
from tests.ledgers import ReadLedger


def server(
    ollama_url: str, ledger: Ledger | None = None, **told: object
) -> tuple[Server, socket.socket, str]:
    settings = ProxySettings.model_validate({"ollama_url": ollama_url, **told})
    relay = create_doors(settings, ledger or Ledger(catalogue.PROXY), Shared()).front
    sock = bind("relay", "127.0.0.1", 0)
    return Server(relay, settings), sock, f"http://127.0.0.1:{sock.getsockname()[1]}"


async def test_a_drain_waits_for_what_is_in_flight_and_for_nothing_else() -> None:
    release = asyncio.Event()

    async def slow(call: Call) -> None:
        await release.wait()
        await call.answer("200 OK", [], b"done")

    async with ScriptedServer(slow) as ollama:
        listening, sock, url = server(ollama.url)
        async with listening.serving(sock, drain_seconds=20):
            idle, busy = await RawClient.connect(url), await RawClient.connect(url)
            await busy.request("GET", "/")
            await ollama.nth_call()
            asyncio.get_running_loop().call_later(0.1, release.set)
        assert await idle.rest() == b""
        head = await busy.head()
        assert (head.status, head.get("connection")) == (200, "close")
        assert await busy.body(head) == b"done"
        for client in (idle, busy):
            client.close()


async def test_who_waits_to_be_taken_in_at_the_end_gets_an_answer() -> None:
    async def hello(call: Call) -> None:
        await call.answer("200 OK", [], b"done")

    async with ScriptedServer(hello) as ollama:
        listening, sock, _ = server(ollama.url)
        async with asyncio.timeout(10), listening.serving(sock, drain_seconds=5):
            # in one step of the loop: nobody is accepted before the end
            clients = [socket.create_connection(sock.getsockname()) for _ in range(3)]
            for client in clients:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answers = [client.recv(4096) for client in clients]
        assert [answer.split(b"\r\n")[0] for answer in answers] == [b"HTTP/1.1 200 OK"] * 3
        assert all(b"Connection: close" in answer for answer in answers)
        for client in clients:
            client.close()


async def test_an_idle_connection_has_a_moment_for_a_request_that_is_on_its_way() -> None:
    async def hello(call: Call) -> None:
        await call.answer("200 OK", [], b"done")

    async with ScriptedServer(hello) as ollama, contextlib.AsyncExitStack() as stack:
        listening, sock, url = server(ollama.url)
        serving = contextlib.AsyncExitStack()
        await serving.enter_async_context(listening.serving(sock, drain_seconds=5))
        idle, late = [
            await stack.enter_async_context(await RawClient.connect(url)) for _ in range(2)
        ]
        for client in (idle, late):
            await client.request("GET", "/")
            await client.body(await client.head())
        ending = asyncio.ensure_future(serving.aclose())
        while sock.fileno() != -1:
            await asyncio.sleep(0)
        await late.request("GET", "/")
        head = await late.head()
        assert (head.status, head.get("connection")) == (200, "close")
        assert await late.body(head) == b"done"
        for client in (idle, late):
            assert await client.rest() == b""
        await ending


async def test_what_outlasts_the_drain_is_cut() -> None:
    async def never(call: Call) -> None:
        await call.peer_gone.wait()

    async with ScriptedServer(never) as ollama:
        listening, sock, url = server(ollama.url)
        async with asyncio.timeout(5), listening.serving(sock, drain_seconds=0.1):
            client = await RawClient.connect(url)
            await client.request("GET", "/")
            await ollama.nth_call()
        assert (await client.head()).status == 503
        client.close()


async def test_an_idle_connection_is_closed_when_its_time_is_over() -> None:
    listening, sock, url = server("http://127.0.0.1:1", keep_alive_seconds=0.1)
    async with asyncio.timeout(5), listening.serving(sock, drain_seconds=0):
        async with await RawClient.connect(url) as client:
            assert await client.rest() == b""


async def test_who_wants_to_know_is_told_before_what_is_left_is_cut() -> None:
    async def never(call: Call) -> None:
        await call.peer_gone.wait()

    async with ScriptedServer(never) as ollama:
        listening, sock, url = server(ollama.url)
        told: list[int] = []
        listening._relay.before_cut.append(lambda: told.append(len(listening._connections)))
        async with asyncio.timeout(5), listening.serving(sock, drain_seconds=0):
            client = await RawClient.connect(url)
            await client.request("GET", "/")
            await ollama.nth_call()
        assert told == [1]
        client.close()


async def test_what_was_cut_is_booked_when_the_listener_is_closed() -> None:
    async def never(call: Call) -> None:
        await call.peer_gone.wait()

    read = ReadLedger()
    async with ScriptedServer(never) as ollama:
        listening, sock, url = server(ollama.url, read.ledger)
        async with asyncio.timeout(5), listening.serving(sock, drain_seconds=0):
            client = await RawClient.connect(url)
            await client.request("GET", "/api/version")
            await ollama.nth_call()
        labels = {"method": "GET", "endpoint": "/api/version", "model": "none"}
        assert read.value(m.REQUESTS, status="503", **labels) == 1
        client.close()
