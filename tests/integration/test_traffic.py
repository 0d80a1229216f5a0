"""`python -m traffic` as an operator runs it: output, exit codes, Ctrl-C."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field

import pytest

from tests.fakes.server import Call, ScriptedServer
from traffic.questions import Category

JSON = [(b"Content-Type", b"application/json")]
NDJSON = [(b"Content-Type", b"application/x-ndjson"), (b"Transfer-Encoding", b"chunked")]
SSE = [(b"Content-Type", b"text/event-stream"), (b"Transfer-Encoding", b"chunked")]


@dataclass
class Peer:
    """A server with one model. It refuses the requests whose numbers it is told."""

    refused: dict[int, str] = field(default_factory=dict)
    """Number of the chat request, from 1, to the status line it gets."""
    held: int | None = None
    """Number of the chat request that is begun and never ended."""
    chats: list[Call] = field(default_factory=list)
    holding: asyncio.Event = field(default_factory=asyncio.Event)

    async def script(self, call: Call) -> None:
        await call.is_read.wait()
        if call.target == "/api/tags":
            await call.answer("200 OK", JSON, b'{"models":[{"name":"small:1b"}]}')
            return
        self.chats.append(call)
        number = len(self.chats)
        if number in self.refused:
            await call.answer(self.refused[number], JSON, b'{"error":"no"}')
        elif call.target == "/v1/chat/completions":
            await openai(call)
        else:
            await native(call, hold=self.holding if number == self.held else None)


async def native(call: Call, hold: asyncio.Event | None) -> None:
    await call.head("200 OK", NDJSON)
    await call.chunk(b'{"message":{"role":"assistant","content":"Well"},"done":false}\n')
    if hold is not None:
        hold.set()
        await call.peer_gone.wait()
        return
    await call.chunk(
        b'{"message":{"role":"assistant","content":"."},"done":true,"done_reason":"stop",'
        b'"prompt_eval_count":10,"eval_count":3,"eval_duration":100000000}\n'
    )
    await call.last_chunk()


async def openai(call: Call) -> None:
    await call.head("200 OK", SSE)
    for record in (
        b'{"choices":[{"delta":{"content":"Well"}}]}',
        b'{"choices":[{"delta":{"content":"."},"finish_reason":"stop"}]}',
        b'{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":3}}',
        b"[DONE]",
    ):
        await call.chunk(b"data: " + record + b"\n\n")
    await call.last_chunk()


async def start(url: str, *flags: str, **environment: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "traffic", "--base-url", url, *flags),
        env={"TRAFFIC_MODEL": "small:1b"} | environment,
        stdout=PIPE,
        stderr=PIPE,
    )


async def finish(process: Process) -> tuple[int, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def run(peer: Peer, *flags: str) -> tuple[int, str, str]:
    async with ScriptedServer(peer.script) as server:
        return await finish(await start(server.url, *flags))


async def test_a_quick_run_asks_ten_questions_and_adds_up_their_tokens() -> None:
    peer = Peer()
    code, out, err = await run(peer)
    requests = len(peer.chats)
    assert code == 0, err
    assert f"10 in {requests} requests" in out
    assert f"{requests} ok, 0 failed" in out
    assert f"{10 * requests} prompt, {3 * requests} generated" in out
    assert "20.0" in out.split("server's clock")[1].split("\n")[0]
    for category in Category:
        assert category in err
    assert err.splitlines()[-1].startswith(f"{requests}/{requests} ")
    assert "Traceback" not in err


async def test_every_request_is_bounded_and_names_the_model() -> None:
    peer = Peer()
    await run(peer, "--max-tokens", "50")
    bodies = [json.loads(call.body) for call in peer.chats]
    assert all(body["model"] == "small:1b" for body in bodies)
    assert all(0 < body["options"]["num_predict"] <= 50 for body in bodies)


async def test_a_later_turn_repeats_what_the_model_said() -> None:
    peer = Peer()
    await run(peer)
    talks = [json.loads(call.body)["messages"] for call in peer.chats]
    longest = max(talks, key=len)
    assert [message["role"] for message in longest[:3]] == ["user", "assistant", "user"]
    assert longest[1]["content"] == "Well."


async def test_the_openai_api_gives_the_same_counts_and_no_rate_of_the_server() -> None:
    peer = Peer()
    code, out, _ = await run(peer, "--api", "openai", "--concurrency", "4")
    requests = len(peer.chats)
    assert code == 0
    assert {call.target for call in peer.chats} == {"/v1/chat/completions"}
    assert f"{10 * requests} prompt, {3 * requests} generated" in out
    assert out.split("server's clock")[1].split("\n")[0].split() == ["0", "-", "-", "-"]


async def test_refused_requests_are_counted_by_status_and_give_exit_code_1() -> None:
    refused = {1: "503 Service Unavailable", 3: "503 Service Unavailable", 4: "404 Not Found"}
    code, out, err = await run(Peer(refused))
    assert code == 1
    assert "3 failed" in out
    assert "2 x http_503: no" in out
    assert "1 x http_404: no" in out
    assert err.count("failed: http_") == 3


async def test_an_unknown_model_is_exit_code_2_with_the_names_of_those_there() -> None:
    peer = Peer()
    code, out, err = await run(peer, "--model", "other:7b")
    assert (code, out) == (2, "")
    assert err.strip().endswith("has no model other:7b; /api/tags offers small:1b")
    assert peer.chats == []


async def test_nobody_there_is_exit_code_2_with_the_remedy(unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"
    code, out, err = await finish(await start(url))
    assert (code, out) == (2, "")
    assert err == f"traffic: nothing answers at {url}; start the stack with `make start`\n"


@pytest.mark.parametrize(
    ("flags", "environment", "said"),
    [
        (("--preset", "huge"), {}, "Input should be 'quick' or 'demo'"),
        (("--base-url", "http://10.1.2.3"), {}, "--allow-remote permits it"),
        ((), {"TRAFFIC_CONCURENCY": "2"}, "did you mean TRAFFIC_CONCURRENCY?"),
        (("--questions-directory", "/nowhere"), {}, "cannot read /nowhere/factual_short.jsonl"),
    ],
)
async def test_bad_settings_are_one_sentence_and_exit_code_2(
    flags: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    code, out, err = await finish(await start("http://127.0.0.1:9", *flags, **environment))
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_run_that_is_stopped_reports_what_was_done(number: signal.Signals) -> None:
    peer = Peer(held=4)
    async with ScriptedServer(peer.script) as server:
        process = await start(server.url)
        await asyncio.wait_for(peer.holding.wait(), 60)
        process.send_signal(number)
        code, out, err = await finish(process)
    assert code == 128 + number
    assert "3 ok, 0 failed" in out
    assert "not finished or not sent" in out
    assert "Traceback" not in err
