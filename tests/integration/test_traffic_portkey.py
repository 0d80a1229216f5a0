"""`python -m traffic` with Portkey: by the proxy, past it, and where the proxy goes without it.

The gateway is the real one; the proxy is scripted where a test needs it to err.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.gateways import RunningGateway, running_gateway
from tests.generators import JSON, Peer, finish, start
from tests.servers import RunningProxy, running_proxy

pytestmark = pytest.mark.long

SIGN = (b"x-portkey-last-used-option-index", b"config")
CHATS = ("/api/chat", "/v1/chat/completions")


@dataclass
class RoutingProxy(Peer):
    """A proxy that does as it is asked, as long as its gateway is up."""

    down_from: int = 10**9
    """Number of the chat request from which the gateway is down."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Route and first words of each chat, in order."""

    async def script(self, call: Call) -> None:
        route = call.header("x-route")
        if call.target in CHATS:
            await call.is_read.wait()
            self.asked.append((str(route), json.dumps(json.loads(call.body)["messages"])))
        if route == "portkey" and len(self.asked) < self.down_from:
            call.also_headers = [SIGN]
        if call.target == "/api/version":
            await call.answer("200 OK", JSON, b'{"version":"0.33.0"}')
        else:
            await super().script(call)


async def run(proxy: Peer, *flags: str) -> tuple[int, str, str]:
    async with ScriptedServer(proxy.script) as server:
        return await finish(await start(server.url, *flags))


def row(text: str, name: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(name))
    return line.removeprefix(name).split()


async def test_a_mixed_run_asks_everything_both_ways_and_compares_them() -> None:
    proxy = RoutingProxy()
    code, out, err = await run(proxy, "--route", "mixed")
    each = len(proxy.asked) // 2
    assert code == 0, err
    assert "traffic:" not in err
    assert Counter(route for route, _ in proxy.asked) == {"direct": each, "portkey": each}
    assert sorted(talk for route, talk in proxy.asked if route == "direct") == sorted(
        talk for route, talk in proxy.asked if route == "portkey"
    )
    assert row(out, "Questions") == [
        *("10,", "each", "direct", "and", "through", "Portkey,"),
        *("in", str(2 * each), "requests"),
    ]
    assert row(out, "Way") == [str(each), "direct,", str(each), "portkey"]
    assert row(out, "Whole answers, by way") == ["direct", "portkey"]
    compared = out.split("Portkey minus direct, same request")[1]
    assert row(compared, "TTFT, from sent")[0] == str(each)
    assert row(compared, "End to end, from sent")[0] == str(each)
    assert sum("  direct       ok  " in line for line in err.splitlines()) == each
    assert sum("  portkey      ok  " in line for line in err.splitlines()) == each


async def test_what_the_proxy_sends_directly_is_never_a_result_of_portkey() -> None:
    proxy = RoutingProxy(down_from=6)
    code, out, err = await run(proxy, "--route", "portkey")
    rest = len(proxy.asked) - 5
    assert code == 0, err
    assert row(out, "Way") == ["5", "portkey,", str(rest), "went", "direct"]
    assert row(out, "Whole answers, by way") == ["portkey", "went", "direct"]
    assert f"{rest} asked for Portkey and went direct" in out
    assert sum("  went direct  ok  " in line for line in err.splitlines()) == rest


async def test_a_proxy_without_portkey_is_one_warning_and_then_asked_all_the_same() -> None:
    proxy = RoutingProxy(down_from=0)
    code, out, err = await run(proxy, "--route", "mixed")
    each = len(proxy.asked) // 2
    assert code == 0, err
    assert [line for line in err.splitlines() if line.startswith("traffic:")] == [
        "traffic: the proxy did not send a request through Portkey that asked for it: is it "
        "started with --enable-portkey (`make start-with-portkey`), and is the gateway up?"
    ]
    assert row(out, "Way") == [str(each), "direct,", str(each), "went", "direct"]
    compared = out.split("Portkey minus direct, same request")[1]
    assert row(compared, "TTFT, from sent") == ["0", "-", "-", "-"]


@asynccontextmanager
async def everything() -> AsyncIterator[tuple[RunningProxy, RunningGateway]]:
    """A scripted Ollama, a real gateway, and a real proxy that uses it."""
    async with running_gateway() as gateway, ScriptedServer(FakeOllama()) as ollama:
        async with running_proxy(
            ollama.url, enable_portkey=True, portkey_port=gateway.port
        ) as proxy:
            yield proxy, gateway


async def test_the_real_proxy_counts_both_ways_as_the_traffic_does() -> None:
    async with everything() as (proxy, _):
        process = await start(proxy.url, "--route", "mixed", "--model", Model().name)
        code, out, err = await finish(process)
        chats = {
            routing: await proxy.value(
                "ollama_proxy_requests_total", endpoint="/api/chat", routing=routing
            )
            for routing in ("direct", "portkey")
        }
    each = int(chats["direct"])
    assert code == 0, err
    assert chats == {"direct": each, "portkey": each}
    assert row(out, "Way") == [str(each), "direct,", str(each), "portkey"]
    assert "traffic:" not in err


async def test_the_real_proxy_without_its_gateway_is_seen_to_go_direct() -> None:
    async with everything() as (proxy, gateway):
        gateway.process.kill()
        await gateway.process.wait()
        process = await start(proxy.url, "--route", "portkey", "--model", Model().name)
        code, out, err = await finish(process)
    assert code == 0, err
    assert row(out, "Way")[1:] == ["went", "direct"]
    assert err.startswith("traffic: the proxy did not send a request through Portkey")


async def through_gateway(ollama_url: str, *flags: str) -> tuple[int, str, str]:
    """A run straight to a real gateway; at the base URL there is nobody."""
    async with running_gateway() as gateway:
        urls = ("--portkey-url", gateway.url, "--ollama-url", ollama_url)
        process = await start("http://127.0.0.1:9", "--route", "gateway", *urls, *flags)
        return await finish(process)


@pytest.mark.parametrize(
    ("api", "path"),
    [("native", "/api/chat"), ("openai", CHATS[1]), ("anthropic", "/v1/messages")],
)
async def test_the_way_straight_to_the_gateway_passes_no_proxy_and_streams(
    api: str, path: str
) -> None:
    fake = FakeOllama(faults=Faults(tokens_per_second=200))
    async with ScriptedServer(fake) as ollama:
        model = ("--model", fake.model.name)
        code, out, err = await through_gateway(ollama.url, "--api", api, *model)
        chats = [call for call in ollama.calls if call.target == path]
    assert code == 0, err
    assert len(chats) >= 10
    assert row(out, "Way") == [str(len(chats)), "gateway"]
    assert f"{len(chats)} ok, 0 failed" in out
    # seen between the first token and the last: they came apart
    assert row(out, "Tokens/s, seen here")[0] == str(len(chats))
    assert all(call.header("authorization") == "Bearer ollama" for call in chats)


async def test_an_ollama_that_breaks_off_behind_the_gateway_is_a_sentence_without_a_prompt() -> (
    None
):
    peer, prompts = Peer(), list[str]()

    async def script(call: Call) -> None:
        if call.target == "/api/tags":
            await peer.script(call)
            return
        await call.is_read.wait()
        prompts.append(json.loads(call.body)["messages"][-1]["content"])
        call.reset()

    async with ScriptedServer(script) as ollama:
        code, out, err = await through_gateway(ollama.url)
    assert code == 1
    assert f"{len(prompts)} x http_500: Portkey got no answer from Ollama: fetch failed," in out
    assert "Message:" not in err
    assert not any(prompt[:40] in out + err for prompt in prompts)


async def test_a_gateway_without_an_ollama_is_exit_code_2_with_its_reason(
    unused_tcp_port: int,
) -> None:
    ollama = f"http://127.0.0.1:{unused_tcp_port}"
    code, out, err = await through_gateway(ollama)
    assert (code, out) == (2, "")
    assert err.startswith(f"traffic: {ollama} through http://127.0.0.1:")
    assert " answers with HTTP 500: " in err
    assert "Portkey got no answer from Ollama: fetch failed, connect ECONNREFUSED" in err
    assert len(err.splitlines()) == 1
