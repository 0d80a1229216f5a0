"""Before the first question it is clear whether anybody can answer it."""

import asyncio
import json

import pytest

from tests.fakes.server import Call, Script, ScriptedServer
from tests.unit.traffic.request.test_sending import without_tls
from tests.unit.traffic.target.test_bodies import endless
from tests.unit.traffic.test_settings import settings
from traffic.choices import Route
from traffic.request.client import open_http
from traffic.target.check import (
    NO_COLD_BY_GATEWAY,
    NOT_THROUGH_PORTKEY,
    Look,
    TargetError,
    check,
    check_target,
)
from traffic.target.server import Model

JSON = [(b"Content-Type", b"application/json")]


def answering(status: str, body: bytes) -> Script:
    async def script(call: Call) -> None:
        await call.answer(status, JSON, body)

    return script


def offering(*names: str) -> Script:
    return answering("200 OK", json.dumps({"models": [{"name": n} for n in names]}).encode())


async def check_model(script: Script, *models: str) -> tuple[Model, ...]:
    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url)
        async with open_http(told) as http:
            return await check_target(http, server.url, models or ("llama3",))


@pytest.mark.parametrize("name", ["llama3:latest", "registry.ollama.ai/library/Llama3:latest"])
async def test_a_model_is_found_under_any_of_its_spellings(name: str) -> None:
    await check_model(offering("other:1b", name))


async def test_what_is_offered_is_handed_on() -> None:
    assert await check_model(offering("llama3", "b:2b")) == (Model("llama3"), Model("b:2b"))


async def test_an_unknown_model_is_answered_with_the_names_of_those_there() -> None:
    said = r"has no model llama3; /api/tags offers a:1b, b:2b; choose one: TRAFFIC_MODEL=a:1b \(--m"
    with pytest.raises(TargetError, match=said):
        await check_model(offering("a:1b", "b:2b"))
    with pytest.raises(TargetError, match=r"at all; make pull-model MODEL=llama3 fetches it$"):
        await check_model(offering())


async def test_of_those_there_one_is_to_be_chosen_that_can_be_asked() -> None:
    with pytest.raises(TargetError, match=r"choose one: TRAFFIC_MODEL=b:2b "):
        await check_model(offering("nomic-embed-text:v2", "a:120b-cloud", "b:2b"))
    with pytest.raises(TargetError, match=r"make pull-model MODEL=llama3 fetches it$"):
        await check_model(offering("nomic-embed-text:v2"))


async def test_each_of_several_models_must_be_there() -> None:
    await check_model(offering("a:1b", "b:2b"), "a:1b", "b:2b")
    with pytest.raises(TargetError, match=r"has no model c:3b; /api/tags offers a:1b, b:2b"):
        await check_model(offering("a:1b", "b:2b"), "a:1b", "c:3b")


async def test_a_server_without_a_list_of_models_may_be_asked() -> None:
    assert await check_model(answering("404 Not Found", b"")) == ()


async def test_a_server_that_fails_is_quoted() -> None:
    broken = answering("502 Bad Gateway", b'{"error":"no upstream"}')
    with pytest.raises(TargetError, match="HTTP 502: no upstream"):
        await check_model(broken)


async def test_a_redirect_is_not_followed_and_its_host_is_said() -> None:
    asked: list[str] = []

    async def script(call: Call) -> None:
        asked.append(call.target)
        location = f"https://{call.header('host')}/elsewhere?key=secret".encode()
        await call.answer("301 Moved Permanently", [(b"Location", location)], b"moved")

    said = r"^http://127.0.0.1:(\d+)/api/tags answers with HTTP 301: a redirect to"
    said += r" https://127.0.0.1:\1, which is not followed$"
    with pytest.raises(TargetError, match=said):
        await check_model(script)
    assert asked == ["/api/tags"]


NESTED = b'{"models":' + b"[" * 60_000


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[]", b'{"models": 3}', b'{"models": [{}]}', NESTED],
    ids=lambda it: it[:15],
)
async def test_something_that_is_no_ollama_is_called_that(body: bytes) -> None:
    with pytest.raises(TargetError, match="is no Ollama"):
        await check_model(answering("200 OK", body))


async def test_a_list_of_models_without_end_is_refused() -> None:
    with pytest.raises(TargetError, match=r"/api/tags: expected an answer of at most 8388608 byte"):
        async with asyncio.timeout(20):
            await check_model(endless)


async def test_names_of_models_cannot_move_the_cursor() -> None:
    # nor run a command where they are typed
    with pytest.raises(
        TargetError, match=r"offers \[2Jx y; .*TRAFFIC_MODEL='\[2Jx y' \(--model\)$"
    ):
        await check_model(offering("\x1b[2Jx\ny"))


async def test_nobody_there_gives_the_remedy(unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"
    async with open_http(settings(base_url=url)) as http:
        with pytest.raises(TargetError, match=f"nothing answers at {url}; start the stack"):
            await check_target(http, url, ["llama3"])


class Peer:
    """The proxy or the gateway, whose answers are given by path."""

    def __init__(self, **answers: Script) -> None:
        self.answers = answers
        self.calls: list[Call] = []

    async def script(self, call: Call) -> None:
        self.calls.append(call)
        await self.answers[call.target.rpartition("/")[2] or "root"](call)


def saying(text: bytes, *headers: tuple[bytes, bytes]) -> Script:
    async def script(call: Call) -> None:
        await call.answer("200 OK", list(headers), text)

    return script


HELLO = saying(b"AI Gateway says hey!")
SIGN = (b"x-portkey-last-used-option-index", b"config")


async def look(route: Route, peer: Peer, **more: object) -> Look:
    async with ScriptedServer(peer.script) as server:
        told = settings(
            route=route,
            base_url=server.url,
            portkey_url=server.url,
            ollama_url="http://127.0.0.1:7",
            model="other:1b",  # which is not what the plan asks
            **more,
        )
        async with open_http(told) as http:
            return await check(http, told, ["llama3"])


async def check_route(route: Route, peer: Peer, **more: object) -> str | None:
    return (await look(route, peer, **more)).warning


@pytest.mark.parametrize("route", ["default", "direct"])
async def test_who_does_not_ask_for_portkey_hears_nothing_of_it(route: Route) -> None:
    peer = Peer(tags=offering("llama3"))
    assert await check_route(route, peer) is None
    assert [call.target for call in peer.calls] == ["/api/tags"]


@pytest.mark.parametrize("route", ["portkey", "mixed"])
async def test_a_proxy_that_does_not_use_portkey_is_a_warning(route: Route) -> None:
    peer = Peer(tags=offering("llama3"), version=saying(b"{}"))
    assert await check_route(route, peer) == NOT_THROUGH_PORTKEY
    assert (peer.calls[1].target, peer.calls[1].header("x-route")) == ("/api/version", "portkey")


async def test_an_answer_through_portkey_is_no_warning() -> None:
    peer = Peer(tags=offering("llama3"), version=saying(b"{}", SIGN))
    assert await check_route("portkey", peer) is None


async def test_a_failure_proves_nothing_about_the_way() -> None:
    async def broken(call: Call) -> None:
        call.reset()

    for answer in (broken, answering("502 Bad Gateway", b"{}")):
        assert await check_route("portkey", Peer(tags=offering("llama3"), version=answer)) is None


async def test_the_gateway_is_greeted_and_then_asked_for_models_through_it() -> None:
    peer = Peer(root=HELLO, tags=offering("llama3"))
    assert await check_route("gateway", peer) is None
    assert [call.target for call in peer.calls] == ["/", "/v1/proxy/api/tags"]
    assert peer.calls[1].header("x-portkey-custom-host") == "http://127.0.0.1:7"


@pytest.mark.parametrize("route", ["default", "portkey", "gateway"])
async def test_the_models_are_known_after_one_look_by_any_route(route: Route) -> None:
    peer = Peer(root=HELLO, tags=offering("llama3"), version=saying(b"{}"))
    assert (await look(route, peer)).models == (Model("llama3"),)
    assert sum(call.target.endswith("/api/tags") for call in peer.calls) == 1


async def test_something_else_at_the_address_of_the_gateway_is_called_that() -> None:
    with pytest.raises(TargetError, match="is no Portkey gateway: GET / does not say 'AI Gateway"):
        await check_route("gateway", Peer(root=saying(b"Ollama is running")))


async def test_a_gateway_that_does_not_reach_ollama_is_quoted() -> None:
    failed = b"Message: fetch failed Cause: Error: connect ECONNREFUSED Name: TypeError"
    peer = Peer(root=HELLO, tags=answering("500 Internal Server Error", failed))
    said = "http://127.0.0.1:7 through .* answers with HTTP 500: Portkey got no answer from Ollama"
    with pytest.raises(TargetError, match=said):
        await check_route("gateway", peer)


async def test_a_model_that_is_missing_behind_the_gateway_is_named() -> None:
    with pytest.raises(TargetError, match=r"through .* has no model llama3; /api/tags offers a:1b"):
        await check_route("gateway", Peer(root=HELLO, tags=offering("a:1b")))


async def test_no_gateway_there_gives_the_remedy(unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"
    told = settings(route="gateway", portkey_url=url)
    async with open_http(told) as http:
        with pytest.raises(TargetError, match=f"no Portkey gateway answers at {url}; start one"):
            await check(http, told, ["llama3"])


async def test_a_server_that_lists_what_is_loaded_can_unload() -> None:
    peer = Peer(tags=offering("llama3"), ps=saying(b'{"models":[]}'))
    assert await check_route("default", peer, cold_every=5) is None
    assert [call.target for call in peer.calls] == ["/api/tags", "/api/ps"]


async def test_a_server_that_lists_nothing_that_is_loaded_says_so_before_the_run() -> None:
    async def broken(call: Call) -> None:
        call.reset()

    for answer in (answering("404 Not Found", b"404"), saying(b"<html>"), broken):
        peer = Peer(tags=offering("llama3"), ps=answer)
        with pytest.raises(TargetError, match="cannot unload a model for --cold-every: expected"):
            await check_route("default", peer, cold_every=5)


async def test_no_model_is_unloaded_through_the_gateway() -> None:
    peer = Peer(root=HELLO, tags=offering("llama3"))
    with pytest.raises(TargetError) as raised:
        await check_route("gateway", peer, cold_every=5)
    assert str(raised.value) == NO_COLD_BY_GATEWAY
    assert peer.calls == []


async def test_a_failed_handshake_is_not_nobody() -> None:
    async with without_tls() as url, open_http(settings(base_url=url)) as http:
        with pytest.raises(TargetError, match=f"{url}/api/tags: TLS failed: wrong version number"):
            await check_target(http, url, ["llama3"])
