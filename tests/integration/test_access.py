"""API keys before a real proxy: who gets in, what Ollama sees of it, and how refusals are told."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.clients import Head, RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import Call, ScriptedServer
from tests.key_files import USER, bearer, key_of, table, write_keys
from tests.servers import RunningProxy, running_proxy

MODEL = "smollm2:135m"
CHAT: dict[str, Any] = {
    "model": MODEL,
    "messages": [{"role": "user", "content": "Why?"}],
    "stream": False,
}
CHATS = {
    "/api/chat": CHAT,
    "/v1/chat/completions": CHAT,
    "/v1/messages": {**CHAT, "max_tokens": 9},
}
KEYS = (
    table("alice"),
    table("root", manage=True),
    table("small", models=["smollm2*"]),
    table("llama", models=["llama3"]),
    table("one", requests_per_minute=1),
    table("single", max_in_flight=1),
    table("thrifty", tokens_per_minute=5, tokens_per_day=1000),
    table("gone").replace("\n", "\nexpires = 2020-01-01\n", 1),
)


@contextlib.asynccontextmanager
async def guarded(
    tmp_path: Path, *tables: str, faults: Faults | None = None, **settings: Any
) -> AsyncIterator[tuple[RunningProxy, ScriptedServer]]:
    """A proxy that asks for keys, before a scripted Ollama."""
    path = await asyncio.to_thread(write_keys, tmp_path / "keys.toml", *(tables or KEYS))
    async with (
        ScriptedServer(FakeOllama(faults=faults or Faults())) as ollama,
        running_proxy(ollama.url, api_keys_file=path, **settings) as proxy,
    ):
        yield proxy, ollama


async def ask(
    proxy: RunningProxy,
    path: str = "/api/chat",
    body: bytes | dict[str, object] | None = None,
    *lines: str,
    method: str = "POST",
) -> tuple[Head, bytes]:
    """One exchange on a connection of its own."""
    sent: Any = CHATS.get(path, CHAT) if body is None else body
    async with await RawClient.connect(proxy.url) as client:
        await client.request(method, path, sent, *lines)
        head = await client.head()
        return head, await client.body(head) if method != "HEAD" else b""


def asked(ollama: ScriptedServer) -> list[Call]:
    """What was asked but by the proxy itself, which lists models now and then."""
    return [call for call in ollama.calls if call.method != "GET" or call.header("x-mine")]


async def refusals(proxy: RunningProxy, **labels: str) -> float:
    return await proxy.value("ollama_proxy_key_refusals_total", **labels)


# the words of each dialect


@pytest.mark.parametrize(
    ("alias", "status", "openai", "anthropic"),
    [
        ("", 401, ("invalid_request_error", "invalid_api_key"), "authentication_error"),
        ("mallory", 401, ("invalid_request_error", "invalid_api_key"), "authentication_error"),
        ("gone", 401, ("invalid_request_error", "invalid_api_key"), "authentication_error"),
        ("llama", 403, ("invalid_request_error", "insufficient_permissions"), "permission_error"),
        ("one", 429, ("rate_limit_error", "rate_limit_exceeded"), "rate_limit_error"),
    ],
)
async def test_a_refusal_is_told_in_the_dialect_of_the_route(
    tmp_path: Path, alias: str, status: int, openai: tuple[str, str], anthropic: str
) -> None:
    async with guarded(tmp_path) as (proxy, ollama):
        lines = [bearer(alias)] if alias else []
        if alias == "one":
            head, _ = await ask(proxy, "/api/chat", None, *lines)
            assert head.status == 200
        told: dict[str, Any] = {}
        for path in CHATS:
            head, body = await ask(proxy, path, None, *lines)
            assert head.status == status
            told[path] = json.loads(body)
            challenge = 'Bearer realm="ollama"' if status == 401 else None
            assert head.get("www-authenticate") == challenge
            assert (head.get("retry-after") is not None) is (status == 429)
        said = told["/api/chat"]["error"]
        assert isinstance(said, str)
        kind, code = openai
        assert told["/v1/chat/completions"] == {
            "error": {"message": said, "type": kind, "param": None, "code": code}
        }
        assert told["/v1/messages"] == {
            "type": "error",
            "error": {"type": anthropic, "message": said},
        }
        assert len(asked(ollama)) == (1 if alias == "one" else 0)
        assert await refusals(proxy) == 3
        async with asyncio.timeout(10):  # which is booked after the answer
            while await proxy.value("ollama_proxy_errors_total", error_type="key_refused") != 3:
                await asyncio.sleep(0.02)


@pytest.mark.parametrize(("alias", "status"), [("", 401), ("alice", 403)])
async def test_a_route_that_is_not_served_is_refused_in_the_dialect_of_its_path(
    tmp_path: Path, alias: str, status: int
) -> None:
    lines = [bearer(alias)] if alias else []
    async with guarded(tmp_path) as (proxy, _):
        for path, members in (
            ("/v1/images/generations", {"error"}),
            ("/v1/messages/count_tokens", {"type", "error"}),
            ("http://localhost/v1/messages%2Fbatches?x", {"type", "error"}),
            ("/api/tomorrow", {"error"}),
        ):
            head, body = await ask(proxy, path, None, *lines)
            told = json.loads(body)
            assert (head.status, set(told)) == (status, members), path
            assert isinstance(told["error"], str) is path.startswith("/api"), path
            assert ("code" in told["error"]) is path.startswith("/v1/images"), path
        assert await refusals(proxy) == 4
        async with asyncio.timeout(10):
            while await proxy.value("ollama_proxy_requests_total", endpoint="other") != 4:
                await asyncio.sleep(0.02)


async def test_no_route_answers_without_a_key_but_a_browsers_own_question(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (proxy, ollama):
        for method, path in (
            *(("GET", "/"), ("HEAD", "/"), ("GET", "/api/tags"), ("GET", "/api/version")),
            *(("GET", "/v1/models"), ("OPTIONS", "/api/chat"), ("GET", "/nothing")),
        ):
            head, _ = await ask(proxy, path, b"", method=method)
            assert head.status == 401, path
        assert ollama.calls == []
        preflight = ("Origin: http://localhost:3000", "Access-Control-Request-Method: POST")
        await ask(proxy, "/api/chat", b"", *preflight, method="OPTIONS")
        assert [call.method for call in asked(ollama)] == ["OPTIONS"]


# what goes on


@pytest.mark.parametrize("name", ["Authorization: Bearer ", "x-api-key: ", "api-key: "])
async def test_ollama_sees_no_key_and_gets_the_credentials_of_its_own_address(
    tmp_path: Path, name: str
) -> None:
    path = await asyncio.to_thread(write_keys, tmp_path / "keys.toml", *KEYS)
    async with ScriptedServer(FakeOllama()) as ollama:
        url = ollama.url.replace("//", "//me:word@")
        async with running_proxy(url, api_keys_file=path) as proxy:
            head, _ = await ask(proxy, "/api/chat", None, name + key_of("alice"), "X-Mine: 1")
            assert head.status == 200
        (call,) = asked(ollama)
        assert call.header("authorization") == "Basic bWU6d29yZA=="
        assert (call.header("x-api-key"), call.header("api-key")) == (None, None)
        assert call.header("x-mine") == "1"
        assert json.loads(call.body) == CHAT


async def test_an_answer_is_the_same_with_a_key_as_without_keys(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (proxy, ollama), running_proxy(ollama.url) as plain:
        for path, body in CHATS.items():
            for alias in ("alice", "small"):
                sent = {**body, "stream": True}
                _, expected = await ask(plain, path, sent)
                head, got = await ask(proxy, path, sent, bearer(alias))
                assert head.status == 200
                assert len(got) == len(expected) or path != "/api/chat"
        assert await proxy.value("ollama_proxy_user_requests_total", user="alice") == 3
        assert await proxy.value("ollama_proxy_user_requests_total", user="small") == 3


# models


HELD = b'{"model":"%s","messages":[],"stream":false}'


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (HELD % b"smollm2:135m", 200, ""),
        (HELD % b"llama3", 403, "not good for the model"),
        (HELD % b"library/llama3:latest", 403, "not good for the model"),
        (b'{"model":"smollm2:135m","model":"llama3"}', 403, "each name once"),
        (b'{"model":"smollm2:135m","MODEL":"llama3"}', 403, "in lower case"),
        (b'{"messages":[]}', 403, "expected the name of a model"),
        (b"no json", 403, "expected a JSON object"),
        (b"", 403, "expected a JSON object"),
        (b'{"model":"smollm2:135m","x":"' + b"x" * (17 << 20) + b'"}', 403, "bytes at most"),
    ],
)
async def test_a_key_for_certain_models_asks_those_alone(
    tmp_path: Path, body: bytes, status: int, said: str
) -> None:
    async with guarded(tmp_path) as (proxy, ollama):
        head, got = await ask(proxy, "/api/chat", body, bearer("small"))
        assert (head.status, len(asked(ollama))) == (status, int(status == 200))
        assert said in json.loads(got).get("error", "")
        assert await refusals(proxy, user="small", reason="model") == (status != 200)


async def test_a_body_in_chunks_or_behind_a_go_ahead_is_looked_at_as_well(tmp_path: Path) -> None:
    lines = f"{bearer('small')}\r\nHost: localhost\r\n"
    async with guarded(tmp_path) as (proxy, ollama):
        for model, status in ((MODEL, 200), ("llama3", 403)):
            payload = HELD % model.encode()
            async with await RawClient.connect(proxy.url) as client:
                head = f"POST /api/chat HTTP/1.1\r\n{lines}Transfer-Encoding: chunked\r\n\r\n"
                await client.send(head.encode())
                for piece in (payload[:5], payload[5:], b""):
                    await client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
                answer = await client.head()
                assert answer.status == status
                await client.body(answer)
            async with await RawClient.connect(proxy.url) as client:
                head = f"POST /api/chat HTTP/1.1\r\n{lines}Expect: 100-continue\r\n"
                await client.send(f"{head}Content-Length: {len(payload)}\r\n\r\n".encode())
                assert (await client.head()).status == 100
                await client.send(payload)
                assert (await client.head()).status == status
        assert [call.body for call in asked(ollama)] == [HELD % MODEL.encode()] * 2
        assert asked(ollama)[0].header("transfer-encoding") == "chunked"
        assert asked(ollama)[1].header("expect") is None


async def test_a_body_is_looked_at_whatever_the_method(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (proxy, ollama):
        for method in ("GET", "OPTIONS", "PUT"):
            for model, is_refused in (("llama3", True), (MODEL, False)):
                body = HELD % model.encode()
                head, _ = await ask(proxy, "/api/chat", body, bearer("small"), method=method)
                assert (head.status == 403) is is_refused, method
        assert all(b"llama3" not in call.body for call in ollama.calls)


async def test_what_changes_models_takes_a_key_that_may_manage(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (proxy, ollama):
        for path in ("/api/pull", "/api/create", "/api/copy", "/api/me", "/api/new"):
            head, body = await ask(proxy, path, {"model": MODEL}, bearer("alice"))
            assert head.status == 403
            assert "may manage" in json.loads(body)["error"]
        head, _ = await ask(
            proxy, "/api/delete", {"model": MODEL}, bearer("small"), method="DELETE"
        )
        assert head.status == 403
        assert ollama.calls == []
        head, _ = await ask(proxy, "/api/pull", {"model": MODEL}, bearer("root"))
        assert head.status == 200
        for path in ("/v1/models/smollm2:135m", "/api/tags", "/"):
            head, _ = await ask(proxy, path, b"", bearer("small"), method="GET")
            assert head.status == 200, path
        head, _ = await ask(proxy, "/v1/models/llama3", b"", bearer("small"), method="GET")
        assert head.status == 403


# limits


async def test_one_in_flight_at_a_time_and_a_client_that_leaves_frees_its_place(
    tmp_path: Path,
) -> None:
    faults = Faults(hang_after=1)
    async with guarded(tmp_path, faults=faults) as (proxy, _):
        first = await RawClient.connect(proxy.url)
        await first.request("POST", "/api/chat", {**CHAT, "stream": True}, bearer("single"))
        await first.head()
        await first.chunk()
        head, body = await ask(proxy, "/api/chat", None, bearer("single"))
        assert head.status == 429
        assert head.get("retry-after") == "1"
        assert "1 requests in flight" in json.loads(body)["error"]
        first.close()

        async def is_free() -> bool:
            head, _ = await ask(proxy, "/api/tags", b"", bearer("single"), method="GET")
            return head.status == 200

        async with asyncio.timeout(10):
            while not await is_free():
                await asyncio.sleep(0.02)
        assert await refusals(proxy, user="single", reason="in_flight") >= 1


async def test_one_connection_may_ask_again_at_once_when_its_answer_is_whole(
    tmp_path: Path,
) -> None:
    async with guarded(tmp_path) as (proxy, _):
        async with await RawClient.connect(proxy.url) as client:
            for _ in range(20):
                await client.request("POST", "/api/chat", CHAT, bearer("single"))
                head = await client.head()
                assert head.status == 200
                await client.body(head)


async def test_tokens_that_an_answer_took_keep_the_next_from_being_asked(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (proxy, ollama):
        head, body = await ask(proxy, "/api/chat", None, bearer("thrifty"))
        assert head.status == 200
        counts = json.loads(body)
        tokens = counts["prompt_eval_count"] + counts["eval_count"]
        head, _ = await ask(proxy, "/api/chat", None, bearer("thrifty"))
        assert head.status == 429
        assert 1 <= int(head.get("retry-after") or 0) <= 60
        usage = {one["alias"]: one for one in (await told(proxy))["aliases"]}
        assert usage["thrifty"]["last_minute"] == {"requests": 1, "tokens": tokens}
        assert usage["thrifty"]["left"] == {
            "tokens_per_minute": 0,
            "tokens_per_day": 1000 - tokens,
        }
        assert usage["thrifty"]["since_start"]["refused"] == 1
        assert usage["thrifty"]["since_start"]["model_seconds"] > 0
        for kind, name in (("input", "prompt_eval_count"), ("output", "eval_count")):
            labels = {"user": "thrifty", "model": MODEL, "type": kind}
            assert await proxy.value("ollama_proxy_key_tokens_total", **labels) == counts[name]
        assert len(asked(ollama)) == 1


async def told(proxy: RunningProxy) -> Any:
    """What the control app says of aliases."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{proxy.control_url}/api/usage")).json()


# users whom a trusted address names


@pytest.mark.parametrize("trusted", ["127.0.0.0/8", "192.0.2.7"])
async def test_a_user_is_believed_from_a_trusted_address_alone(
    tmp_path: Path, trusted: str
) -> None:
    tables = (table("web"), table("*", has_key=False, max_in_flight=1))
    is_trusted = trusted.startswith("127")
    user = f"{USER}: alice@example.org"
    async with guarded(tmp_path, *tables, trusted_addresses=trusted) as (proxy, ollama):
        head, _ = await ask(proxy, "/api/chat", None, user)
        assert head.status == (200 if is_trusted else 401)
        head, _ = await ask(proxy, "/api/chat", None, user, bearer("web"))
        assert head.status == 200
        assert asked(ollama)[-1].header(USER) == "alice@example.org"
        named = "alice@example.org" if is_trusted else "web"
        count = 2 if is_trusted else 1
        assert await proxy.value("ollama_proxy_user_requests_total", user=named) == count
        aliases = {one["alias"] for one in (await told(proxy))["aliases"]}
        assert ("alice@example.org" in aliases) is is_trusted


async def test_a_user_who_cannot_be_read_is_told_so_and_asks_nothing(tmp_path: Path) -> None:
    tables = (table("web"), table("*", has_key=False), table("bob@example.org", has_key=False))
    user = f"{USER}: alice@example.org"
    async with guarded(tmp_path, *tables, trusted_addresses="127.0.0.0/8") as (proxy, ollama):
        for lines in (
            (f"{USER}: {'x' * 121}",),
            (f"{USER}: none",),
            (f"{USER}: *",),
            (f"{USER}: {key_of('web')}",),
            (user, f"{USER}: bob@example.org"),
            (user, f"Connection: {USER}"),
        ):
            head, body = await ask(proxy, "/api/chat", None, *lines, bearer("web"))
            assert head.status == 403
            assert "it cannot be read whom: expected" in json.loads(body)["error"]
            assert key_of("web") not in body.decode()
        assert asked(ollama) == []
        assert await refusals(proxy, user="none", reason="user") == 6
        head, _ = await ask(proxy, "/api/chat", None, f"{USER}: b%6fb@example.org", bearer("web"))
        assert head.status == 200
        users = {one["alias"] for one in (await told(proxy))["aliases"] if "in_flight" in one}
        assert "b%6fb@example.org" in users
        requests = "ollama_proxy_user_requests_total"
        assert await proxy.value(requests, user="b%6fb@example.org") == 1


async def test_without_keys_a_trusted_address_says_who_asks_and_nobody_is_kept_out() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(
            ollama.url, trusted_addresses="127.0.0.1", trusted_user_header="X-Who"
        ) as proxy,
    ):
        for lines in (("X-Who: J%C3%BCrgen",), (), ("Authorization: Bearer mine",)):
            head, _ = await ask(proxy, "/api/chat", None, *lines)
            assert head.status == 200
        assert asked(ollama)[-1].header("authorization") == "Bearer mine"
        for user, count in (("J%C3%BCrgen", 1), ("none", 2)):
            assert await proxy.value("ollama_proxy_user_requests_total", user=user) == count
        tokens = await proxy.value(
            "ollama_proxy_key_tokens_total", user="J%C3%BCrgen", type="output"
        )
        assert tokens > 0
        assert await proxy.value("ollama_proxy_key_entries") == 0


# reload


async def test_keys_come_and_go_without_a_restart_and_a_mistake_changes_nothing(
    tmp_path: Path,
) -> None:
    async with guarded(tmp_path, table("alice")) as (proxy, _):
        path = tmp_path / "keys.toml"

        async def status(alias: str) -> int:
            head, _ = await ask(proxy, "/api/tags", b"", bearer(alias), method="GET")
            return head.status

        async def soon(alias: str, expected: int) -> None:
            async with asyncio.timeout(15):
                while await status(alias) != expected:
                    await asyncio.sleep(0.05)

        assert (await status("alice"), await status("bob")) == (200, 401)
        await asyncio.to_thread(write_keys, path, table("bob"))
        await soon("bob", 200)
        assert await status("alice") == 401
        await asyncio.to_thread(write_keys, path, table("alice"), "[broken]\nmanage = 1\n")
        broken = "ollama_proxy_key_file_broken"
        async with asyncio.timeout(15):
            while await proxy.value(broken) != 1:
                await asyncio.sleep(0.05)
        assert (await status("alice"), await status("bob")) == (401, 200)
        mistake = (await told(proxy))["mistake"]
        assert mistake == f"{path}, entry 2 (line 4): manage: expected true or false"
        await asyncio.to_thread(write_keys, path, table("alice"), table("bob"))
        await soon("alice", 200)
        assert await status("bob") == 200
        async with asyncio.timeout(15):
            while await proxy.value(broken) != 0:
                await asyncio.sleep(0.05)
        assert await proxy.value("ollama_proxy_key_entries") == 2
        assert await proxy.value("ollama_proxy_key_file_reads_total", result="refused") == 1


async def test_what_is_in_flight_goes_on_when_its_key_goes(tmp_path: Path) -> None:
    faults = Faults(ttft_seconds=3.0)
    async with guarded(tmp_path, table("alice"), faults=faults) as (proxy, ollama):
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/api/chat", CHAT, bearer("alice"))
            await ollama.nth_call()
            await asyncio.to_thread(write_keys, tmp_path / "keys.toml", table("bob"))
            head = await client.head()
            assert head.status == 200
            assert json.loads(await client.body(head))["done"]
