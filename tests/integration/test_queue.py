"""The proxy's queue over real sockets: who waits, who goes, and what of it can be seen."""

import asyncio
import io
import json
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest

from proxy.exchange import PATIENCE_SECONDS
from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.key_files import bearer, table, write_keys
from tests.lookups import REQUESTS
from tests.turns import (
    CHAT,
    MODEL,
    WITHIN_SECONDS,
    Upstream,
    answered,
    asking,
    connecting,
    counted,
    drained,
    in_flight,
    proxied,
    queued,
    queueing,
)

QUEUED = "ollama_proxy_queue_requests_total"


# turns


async def let_through(upstream: Upstream, clients: Sequence[RawClient]) -> None:
    """The upstream answers each client's request, one after the other."""
    going = asyncio.ensure_future(upstream.go_through(len(clients)))
    for client in clients:
        await answered(client)
    await going


async def test_one_after_the_other_and_all_are_answered() -> None:
    async with queueing() as (proxy, upstream):
        clients = [await asking(proxy) for _ in range(5)]
        await queued(proxy, 4)
        assert len(upstream.calls) == 1
        going = asyncio.ensure_future(upstream.go_through(5))
        for client in clients:
            head, body = await answered(client)
            assert head.status == 200
            assert b'"done":true' in body
        await going
        assert upstream.most_at_once == 1
        await drained(proxy)
        assert await proxy.value(QUEUED, result="at_once") == 1
        assert await proxy.value(QUEUED, result="waited") == 4


async def test_as_many_at_once_as_there_are_slots_of_a_model_and_of_all() -> None:
    models = ("a:1b", "b:1b", "c:1b")
    fake = FakeOllama(models={name: Model(name=name) for name in models})
    async with queueing(Upstream(fake), queue_per_model=2, queue_total=5) as (proxy, upstream):
        clients = [
            await asking(proxy, body={**CHAT, "model": model}) for model in models for _ in range(4)
        ]
        await queued(proxy, 7)
        assert len(upstream.calls) == 5
        asked = [json.loads(call.body)["model"] for call in upstream.calls]
        assert sorted(map(asked.count, models)) == [1, 2, 2]
        await upstream.go_through(12)
        for client in clients:
            assert (await answered(client))[0].status == 200
        assert upstream.most_at_once == 5
        await drained(proxy)


async def test_a_model_that_is_busy_holds_up_no_other() -> None:
    fake = FakeOllama(models={"other:1b": Model(name="other:1b")})
    async with queueing(Upstream(fake)) as (proxy, upstream):
        for _ in range(3):
            await asking(proxy)
        await queued(proxy, 2)
        other = await asking(proxy, body={**CHAT, "model": "other:1b"})
        await upstream.nth(2)
        upstream.go(2)
        assert (await answered(other))[0].status == 200
        assert len(await queued(proxy, 2)) == 2


async def test_a_higher_class_goes_first_and_the_header_goes_no_further() -> None:
    async with queueing() as (proxy, upstream):
        first = await asking(proxy)
        await upstream.nth(1)
        clients = {}
        for number, priority in enumerate(("low", "Normal", "HIGH")):
            clients[priority] = await asking(
                proxy, f"X-Priority: {priority}", f"X-Mark: {priority}"
            )
            await queued(proxy, number + 1)
        going = asyncio.ensure_future(upstream.go_through(4))
        for client in (first, *clients.values()):
            assert (await answered(client))[0].status == 200
        await going
        assert [call.header("x-mark") for call in upstream.calls] == [None, "HIGH", "Normal", "low"]
        assert all(call.header("x-priority") is None for call in upstream.calls)


async def test_clients_take_turns_however_many_requests_each_has() -> None:
    async with queueing() as (proxy, upstream):
        clients = [await asking(proxy, "X-Client: many") for _ in range(8)]
        await queued(proxy, 7)
        clients += [await asking(proxy, "X-Client: few") for _ in range(2)]
        await queued(proxy, 9)
        await let_through(upstream, clients)
        order = [call.header("x-client") for call in upstream.calls]
        assert "few" in order[1:3]
        assert order[:6].count("few") == 2


async def test_keys_that_nobody_looks_at_make_nobody_another_client() -> None:
    async with queueing() as (proxy, upstream):
        clients = [await asking(proxy, f"Authorization: Bearer {n}") for n in range(4)]
        await queued(proxy, 3)
        clients.append(await asking(proxy, "Authorization: Bearer new"))
        await queued(proxy, 4)
        await let_through(upstream, clients)
        order = [call.header("authorization") for call in upstream.calls]
        assert order == [*(f"Bearer {n}" for n in range(4)), "Bearer new"]


async def test_clients_are_told_apart_by_keys_where_that_is_asked_for_else_by_address() -> None:
    async with queueing(queue_client_header="Authorization") as (proxy, upstream):
        clients = [await asking(proxy) for _ in range(4)]
        await queued(proxy, 3)
        clients.append(await asking(proxy, "Authorization: Bearer mine"))
        await queued(proxy, 4)
        await let_through(upstream, clients)
        order = [call.header("authorization") for call in upstream.calls]
        assert order.index("Bearer mine") <= 2


async def test_a_client_on_one_connection_asks_again_and_again() -> None:
    async with queueing() as (proxy, upstream):
        going = asyncio.ensure_future(upstream.go_through(6))
        one, other = await asking(proxy), await asking(proxy)
        for number in range(3):
            for client in (one, other):
                assert (await answered(client))[0].status == 200
                if number < 2:
                    await client.request("POST", "/api/chat", CHAT)
        await going
        assert upstream.most_at_once == 1
        await drained(proxy)


async def test_requests_that_are_pipelined_are_answered_in_their_order() -> None:
    async with queueing() as (proxy, upstream):
        other = await asking(proxy)
        await upstream.nth(1)
        client = await connecting(proxy)
        for number in range(3):
            await client.request("POST", "/api/chat", CHAT, f"X-Mark: {number}")
        await client.request("GET", "/api/version")
        await queued(proxy, 1)
        await upstream.go_through(4)
        await answered(other)
        for _ in range(3):
            assert (await answered(client))[0].status == 200
        assert b"version" in (await answered(client))[1]
        assert [call.header("x-mark") for call in upstream.calls] == [None, "0", "1", "2"]
        await drained(proxy)


async def test_what_has_no_model_work_does_not_wait() -> None:
    async with queueing() as (proxy, upstream):
        busy = await asking(proxy)
        await upstream.nth(1)
        client = await connecting(proxy)
        for method, path, body in (
            ("GET", "/api/tags", b""),
            ("POST", "/api/show", {"model": MODEL}),
            ("POST", "/api/pull", {"model": MODEL, "stream": False}),
            ("GET", "/v1/models", b""),
        ):
            await client.request(method, path, body)
            assert (await answered(client))[0].status == 200
        assert await proxy.value("ollama_proxy_queue_slots_in_use") == 1
        busy.close()


async def test_a_model_of_the_cloud_takes_no_slot() -> None:
    async with queueing(Upstream(FakeOllama(models={"x:cloud": Model(name="x:cloud")}))) as (
        proxy,
        upstream,
    ):
        clients = [await asking(proxy, body={**CHAT, "model": "x:cloud"}) for _ in range(3)]
        await upstream.nth(3)
        await upstream.go_through(3)
        for client in clients:
            assert (await answered(client))[0].status == 200


@pytest.mark.parametrize("name", REQUESTS)
async def test_every_route_waits_and_passes_unchanged(name: str) -> None:
    """The same bytes as without a queue, before or after a wait."""
    path, body = REQUESTS[name]
    async with ScriptedServer(FakeOllama()) as ollama, proxied(ollama.url) as plain:
        client = await asking(plain, path=path, body=body)
        expected = await answered(client)
    async with queueing() as (proxy, upstream):
        clients = [await asking(proxy, path=path, body=body) for _ in range(2)]
        await upstream.go_through(2)
        for client in clients:
            head, found = await answered(client)
            assert (head.status, found) == (expected[0].status, expected[1])
            kept = [pair for pair in head.headers if pair[0].lower() != "x-request-id"]
            assert kept == [p for p in expected[0].headers if p[0].lower() != "x-request-id"]
        assert json.loads(upstream.calls[1].body) == body


# who is turned away


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/api/chat", lambda body: body["error"]),
        ("/v1/chat/completions", lambda body: body["error"]["message"]),
        ("/v1/messages", lambda body: body["error"]["message"]),
    ],
)
async def test_a_line_that_is_full_answers_503_in_the_dialect_and_when_to_try_again(
    path: str, shape: object
) -> None:
    async with queueing(queue_length=1, retry_after_seconds=17) as (proxy, upstream):
        for _ in range(2):
            await asking(proxy, "X-Client: a")
        await queued(proxy, 1)
        refused = await asking(proxy, "X-Client: a", path=path, body={**CHAT, "max_tokens": 5})
        head, body = await answered(refused)
        assert (head.status, head.get("retry-after")) == (503, "17")
        assert callable(shape)
        assert "the proxy's queue is full, 1 requests" in shape(json.loads(body))
        # the connection is good for more
        await refused.request("GET", "/api/version")
        assert (await answered(refused))[0].status == 200
        await counted(proxy, 1, "ollama_proxy_queue_rejections_total", reason="full")
        await counted(proxy, 1, "ollama_proxy_errors_total", error_type="proxy_queue_full")
        assert await proxy.value(QUEUED, result="full") == 1
        assert len(upstream.calls) == 1


async def test_who_waits_too_long_is_answered_503_and_its_place_is_free() -> None:
    async with queueing(queue_wait_seconds=0.3) as (proxy, upstream):
        first, second = await asking(proxy), await asking(proxy)
        head, body = await answered(second)
        assert head.status == 503
        assert head.get("retry-after") == "5"  # as long as one is taken to need, nobody knows
        assert b"waited 0.3 s in the proxy's queue" in body
        await counted(proxy, 1, QUEUED, result="timeout", priority="normal")
        await counted(proxy, 1, "ollama_proxy_queue_rejections_total", reason="timeout")
        upstream.go(1)
        assert (await answered(first))[0].status == 200
        await drained(proxy)
        assert len(upstream.calls) == 1


async def test_one_client_cannot_fill_the_line() -> None:
    async with queueing(queue_length=3) as (proxy, upstream):
        flood = [await asking(proxy, "X-Client: flood") for _ in range(4)]
        await queued(proxy, 3)
        await asking(proxy, "X-Client: other")
        head, body = await answered(flood[3])
        assert head.status == 503
        assert b"gave its place" in body
        await counted(proxy, 1, QUEUED, result="displaced")
        await upstream.go_through(2)
        await upstream.nth(3)
        assert "other" in [call.header("x-client") for call in upstream.calls]


async def test_bodies_that_wait_are_bounded_together() -> None:
    long = {**CHAT, "options": {"stop": ["x" * 30_000]}}
    async with queueing(queue_max_bytes=70_000) as (proxy, _):
        for _ in range(3):
            await asking(proxy, "X-Client: a", body=long)
        await queued(proxy, 2)
        size = await proxy.value("ollama_proxy_queue_waiting_size_bytes")
        assert 60_000 < size < 70_000
        refused = await asking(proxy, "X-Client: a", body=long)
        assert (await answered(refused))[0].status == 503


@pytest.mark.parametrize("said", ["urgent", "high\r\nX-Priority: low", "1"])
async def test_a_class_that_there_is_not_is_400_and_says_what_was_expected(said: str) -> None:
    async with queueing() as (proxy, upstream):
        head, body = await answered(await asking(proxy, f"X-Priority: {said}"))
        assert head.status == 400
        assert b"X-Priority: expected" in body
        assert not upstream.calls
        await counted(proxy, 1, "ollama_proxy_errors_total", error_type="bad_request")


# who leaves


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_client_that_leaves_while_it_waits_frees_its_place(how: str) -> None:
    async with queueing(queue_length=1) as (proxy, upstream):
        first, second = await asking(proxy), await asking(proxy)
        await queued(proxy, 1)
        getattr(second, how)()
        await queued(proxy, 0)
        third = await asking(proxy)
        await queued(proxy, 1)
        await upstream.go_through(2)
        for client in (first, third):
            assert (await answered(client))[0].status == 200
        await drained(proxy)
        assert len(upstream.calls) == 2
        assert await proxy.value("ollama_proxy_client_aborts_total", phase="queued") == 1
        assert await proxy.value(QUEUED, result="left") == 1
        assert await proxy.value("ollama_proxy_wasted_seconds_total") == 0
        assert await proxy.value("ollama_proxy_errors_total") == 0


async def test_a_client_that_leaves_in_mid_answer_gives_its_turn_back_at_once() -> None:
    fake = FakeOllama(faults=Faults(hang_after=2))
    async with queueing(Upstream(fake)) as (proxy, upstream):
        first, second = await asking(proxy), await asking(proxy)
        await upstream.nth(1)
        upstream.go(1)
        await first.head()
        assert len(upstream.calls) == 1
        first.close()
        await upstream.nth(2)
        second.close()
        await drained(proxy)


async def test_who_closes_its_sending_side_while_it_waits_has_left_after_a_while() -> None:
    """As Ollama has it; the end cannot be passed on, since nobody is connected yet."""
    async with queueing() as (proxy, upstream):
        first, second = await asking(proxy), await asking(proxy)
        await queued(proxy, 1)
        second._writer.write_eof()
        async with asyncio.timeout(PATIENCE_SECONDS + WITHIN_SECONDS):
            assert await second.rest() == b""
        await queued(proxy, 0)
        assert len(upstream.calls) == 1
        await counted(proxy, 1, QUEUED, result="left")
        first.close()


async def test_who_closes_its_sending_side_and_has_its_turn_soon_is_answered() -> None:
    async with queueing() as (proxy, upstream):
        first, second = await asking(proxy), await asking(proxy)
        await queued(proxy, 1)
        second._writer.write_eof()
        await upstream.nth(1)
        upstream.go(1)
        await answered(first)
        call = await upstream.nth(2)
        await call.peer_gone.wait()  # the end was passed on, and means what it means
        second.close()
        await drained(proxy)


async def test_a_client_with_a_long_body_that_leaves_while_it_waits_is_noticed() -> None:
    """Nothing is read from it while it waits: its end is."""
    long = json.dumps({**CHAT, "options": {"stop": ["x" * 300_000]}}).encode()
    async with queueing() as (proxy, _):
        first = await asking(proxy)
        second = await asking(proxy, body=long)
        await queued(proxy, 1)
        await second.send(b"GET / HTTP/1.1\r\n" * 10_000)  # ahead of its turn, unread
        second.close()
        await queued(proxy, 0)
        first.close()


# what fails


async def test_an_upstream_that_is_not_there_frees_its_slot_each_time() -> None:
    async with proxied("http://127.0.0.1:9", queue=True) as proxy:
        clients = [await asking(proxy) for _ in range(6)]
        for client in clients:
            assert (await answered(client))[0].status == 502
        await drained(proxy)
        assert await proxy.value("ollama_proxy_errors_total", error_type="connect") == 6


@pytest.mark.parametrize(
    "faults", [Faults(status=500), Faults(status=503), Faults(drop_after=1), Faults(error_after=1)]
)
async def test_an_answer_that_fails_frees_its_slot(faults: Faults) -> None:
    async with queueing(Upstream(FakeOllama(faults=faults))) as (proxy, upstream):
        clients = [await asking(proxy) for _ in range(3)]
        await upstream.go_through(3)
        for client in clients:
            await client.head()
        await upstream.nth(3)
        await drained(proxy)


@pytest.mark.parametrize(
    "body", [b"{", b"", b"[]", b'{"model": 5}', json.dumps({"model": "no/such"}).encode()]
)
async def test_bodies_that_name_no_model_pass_and_free_their_slot(body: bytes) -> None:
    async with queueing() as (proxy, upstream):
        clients = [await asking(proxy, body=body) for _ in range(3)]
        await upstream.go_through(3)
        for client in clients:
            assert (await answered(client))[0].status in (400, 404)
        await drained(proxy)


async def test_a_body_in_chunks_waits_whole_and_goes_on_as_it_came() -> None:
    body = json.dumps(CHAT).encode()
    async with queueing() as (proxy, upstream):
        first = await asking(proxy)
        await upstream.nth(1)
        client = await connecting(proxy)
        await client.send(
            b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for piece in (body[:10], body[10:]):
            await client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        await client.send(b"0\r\n\r\n")
        await queued(proxy, 1)
        await upstream.go_through(2)
        await answered(first)
        assert (await answered(client))[0].status == 200
        call = upstream.calls[1]
        assert (call.header("transfer-encoding"), call.body) == ("chunked", body)


async def test_who_waits_for_a_go_ahead_has_it_from_the_proxy() -> None:
    body = json.dumps(CHAT).encode()
    async with queueing() as (proxy, upstream):
        client = await connecting(proxy)
        await client.send(
            b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)
        )
        assert (await client.head()).status == 100
        await client.send(body)
        await upstream.go_through(1)
        head, _ = await answered(client)
        assert head.status == 200
        assert upstream.calls[0].header("expect") is None


async def test_a_body_too_long_to_be_kept_waits_and_passes() -> None:
    """Its model cannot be told: it waits among those of which that holds."""
    length = 17 * 1024 * 1024

    async def swallow(call: Call) -> None:
        call.take_body(lambda _data: None)
        await call.is_read.wait()
        sizes.append(call.body_bytes)
        await call.answer("200 OK", [], b"{}")

    sizes: list[int] = []
    async with ScriptedServer(swallow) as ollama, proxied(ollama.url, queue=True) as proxy:

        async def sends() -> int:
            async with aiohttp.ClientSession() as session:
                data = io.BytesIO(b"x" * length)
                async with session.post(f"{proxy.url}/api/generate", data=data) as answer:
                    return answer.status

        assert list(await asyncio.gather(sends(), sends())) == [200, 200]
        assert sizes == [length, length]
        await drained(proxy)


# what can be seen


async def test_the_live_table_says_where_each_stands_and_about_how_long_it_waits() -> None:
    async with queueing() as (proxy, upstream):
        known = await asking(proxy)
        await upstream.nth(1)
        await asyncio.sleep(0.2)
        upstream.go(1)
        await answered(known)
        clients = [await asking(proxy, "X-Priority: low") for _ in range(3)]
        await queued(proxy, 2)
        clients.append(await asking(proxy, "X-Priority: high"))
        found = await queued(proxy, 3)
        while {one["queue_position"] for one in found} != {1, 2, 3}:  # some as a moment ago
            found = await queued(proxy, 3)
        stands = {(one["priority"], one["queue_position"]) for one in found}
        assert stands == {("high", 1), ("low", 2), ("low", 3)}
        waits = {one["queue_position"]: one["queue_wait_seconds"] for one in found}
        assert waits[1] <= waits[2] <= waits[3]
        assert 0.2 <= waits[3] - waits[1] <= 10.0
        assert all(one["sent_seconds"] is None for one in found)
        (running,) = [one for one in await in_flight(proxy) if one["phase"] != "queued"]
        assert (running["phase"], running["priority"]) == ("prefill", "low")
        assert "queue_position" not in running
        assert await proxy.value("ollama_proxy_inflight_phase_requests", phase="queued") == 3
        waiting = "ollama_proxy_queue_waiting_requests"
        assert await proxy.value(waiting, priority="low", model=MODEL) == 2
        assert await proxy.value(waiting, priority="high", model=MODEL) == 1
        assert await proxy.value("ollama_proxy_queue_slots_in_use", model=MODEL) == 1


async def test_answers_say_where_a_request_stood_and_how_long_it_waited() -> None:
    async with queueing(queue_headers=True) as (proxy, upstream):
        clients = [await asking(proxy) for _ in range(3)]
        await queued(proxy, 2)
        await asyncio.sleep(0.1)
        await upstream.go_through(3)
        heads = [(await answered(client))[0] for client in clients]
        assert [head.get("x-queue-position") for head in heads] == ["0", "1", "2"]
        waits = [float(head.get("x-queue-wait-seconds") or "nan") for head in heads]
        assert waits[0] == 0.0
        assert min(waits[1:]) >= 0.1  # the third came later, and left later


async def test_without_being_asked_answers_say_nothing_of_it() -> None:
    async with queueing() as (proxy, upstream):
        client = await asking(proxy)
        await upstream.go_through(1)
        head, _ = await answered(client)
        assert not [name for name, _ in head.headers if name.lower().startswith("x-queue")]


async def test_the_wait_is_in_the_clients_time_and_in_nothing_of_the_proxys() -> None:
    async with queueing() as (proxy, upstream):
        first, second = await asking(proxy), await asking(proxy)
        await queued(proxy, 1)
        await asyncio.sleep(0.5)
        await upstream.go_through(2)
        for client in (first, second):
            await answered(client)
        await counted(proxy, 2, "ollama_proxy_overhead_seconds_count")
        assert await proxy.value("ollama_proxy_overhead_seconds_sum") < 0.25
        assert await proxy.value("ollama_proxy_queue_wait_seconds_sum", model=MODEL) >= 0.5
        assert await proxy.value("ollama_proxy_queue_wait_seconds_count", model=MODEL) == 2
        # both waited half a second: one for Ollama, one for its turn
        assert await proxy.value("ollama_proxy_time_to_first_token_seconds_sum") >= 1.0


async def test_the_bounds_are_told() -> None:
    async with queueing(queue_length=9, queue_per_model=3, queue_total=4) as (proxy, _):
        name = "ollama_proxy_queue_limit"
        told = [await proxy.value(name, bound=b) for b in ("length", "per_model", "total")]
        assert told == [9, 3, 4]


async def test_without_a_queue_nothing_of_it_is_there() -> None:
    async with ScriptedServer(FakeOllama()) as ollama, proxied(ollama.url) as proxy:
        client = await asking(proxy, "X-Priority: high", "X-Queue-Whatever: 1")
        assert (await answered(client))[0].status == 200
        assert ollama.calls[0].header("x-priority") == "high"
        names = {name for name, _ in await proxy.samples() if "proxy_queue" in name}
        assert names == set()
        phases = {dict(labels).get("phase") for _, labels in await proxy.samples()}
        assert "queued" not in phases


# keys


async def test_a_key_says_whose_a_request_is_and_of_which_class(tmp_path: Path) -> None:
    file = write_keys(tmp_path / "keys", table("ann"), table("bob", priority="low"))
    async with queueing(api_keys_file=file, queue_client_header="") as (proxy, upstream):
        first = await asking(proxy, bearer("ann"))
        await upstream.nth(1)
        bob = await asking(proxy, bearer("bob"), "X-Priority: high", "X-Mark: bob")
        await queued(proxy, 1)
        ann = await asking(proxy, bearer("ann"), "X-Mark: ann")
        await queued(proxy, 2)
        going = asyncio.ensure_future(upstream.go_through(3))
        for client in (first, ann, bob):
            assert (await answered(client))[0].status == 200
        await going
        assert [call.header("x-mark") for call in upstream.calls] == [None, "ann", "bob"]


# the end


async def test_those_who_wait_at_a_shutdown_are_served_as_long_as_there_is_time() -> None:
    upstream = Upstream()
    async with ScriptedServer(upstream) as ollama:
        proxying = proxied(ollama.url, True, drain_seconds=10.0, queue=True)
        proxy = await proxying.__aenter__()
        clients = [await asking(proxy) for _ in range(3)]
        await queued(proxy, 2)
        closing = asyncio.ensure_future(proxying.__aexit__(None, None, None))
        await upstream.go_through(3)
        for client in clients:
            head, body = await answered(client)
            assert (head.status, b'"done":true' in body) == (200, True)
        await closing


async def test_those_who_wait_at_the_end_of_a_shutdown_are_answered_503() -> None:
    upstream = Upstream()
    async with ScriptedServer(upstream) as ollama:
        proxying = proxied(ollama.url, True, drain_seconds=0.3, queue=True)
        proxy = await proxying.__aenter__()
        clients = [await asking(proxy) for _ in range(3)]
        await queued(proxy, 2)
        await proxying.__aexit__(None, None, None)
        for client in clients:
            head, body = await answered(client)
            assert head.status == 503
            assert b"shutting down" in body
        assert len(upstream.calls) == 1
