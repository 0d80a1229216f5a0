"""`python -m traffic` as an operator runs it: output, exit codes, results, Ctrl-C."""

import json
import signal
from pathlib import Path

import pytest

from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.fakes.turn import Model
from tests.generators import (
    GENERATED_TOKENS,
    MODEL,
    PROMPT_TOKENS,
    Peer,
    came_to,
    command,
    finish,
    run,
    start,
    until_holding,
)
from traffic.bank.questions import Category
from traffic.results.results import PAGE_NAME, Result, load


def only(folder: Path) -> Result:
    """The one result of a folder."""
    (found,) = folder.iterdir()
    assert (found / PAGE_NAME).is_file()
    return load(found)


def tokens(requests: int) -> str:
    return f"{PROMPT_TOKENS * requests} prompt, {GENERATED_TOKENS * requests} generated"


async def test_a_quick_run_asks_ten_questions_and_adds_up_their_tokens() -> None:
    peer = Peer()
    code, out, err = await run(peer)
    requests = len(peer.chats)
    assert code == 0, err
    assert f"10 in {requests} requests" in out
    assert f"{requests} ok, 0 failed" in out
    assert tokens(requests) in out
    assert "20.0" in out.split("server's clock")[1].split("\n")[0]
    for category in Category:
        assert category in err
    assert err.splitlines()[-1].startswith(f"{requests}/{requests} ")
    assert "Traceback" not in err


async def test_every_request_is_bounded_and_names_the_model() -> None:
    peer = Peer()
    await run(peer, "--max-tokens", "50")
    bodies = [json.loads(call.body) for call in peer.chats]
    assert all(body["model"] == MODEL for body in bodies)
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
    assert tokens(requests) in out
    assert "server's clock" not in out


@pytest.mark.parametrize("api", ["native", "openai", "anthropic"])
async def test_each_api_gets_whole_answers_of_a_server_that_has_all_three(api: str) -> None:
    fake = FakeOllama(model=Model(name=MODEL))
    async with ScriptedServer(fake) as server:
        code, out, err = await finish(await start(server.url, "--api", api, "--questions", "20"))
    assert code == 0, err
    assert "0 failed" in out


async def test_refused_requests_are_counted_by_status_and_give_exit_code_1() -> None:
    refused = {1: "503 Service Unavailable", 3: "503 Service Unavailable", 4: "404 Not Found"}
    code, out, err = await run(Peer(refused))
    assert code == 1
    assert "3 failed" in out
    assert "2 x http_503: no" in out
    assert "1 x http_404: no" in out
    assert err.count("failed: http_") == 3


async def test_a_schedule_is_kept_and_its_figures_are_shown() -> None:
    flags = ("--arrival", "poisson", "--rate-per-second", "50", "--preset", "demo")
    peer = Peer()
    code, out, err = await run(peer, *flags)
    assert came_to(0, code, out), err
    assert "TTFT, from scheduled" in out
    assert "Generator  schedule " in out
    assert "1 before them to warm up" in out


async def test_with_objectives_the_exit_code_is_whether_they_are_met(tmp_path: Path) -> None:
    slo = tmp_path / "slo.yaml"
    slo.write_text("request: {ttft_seconds: 10}\nrun: {goodput_ratio: 0.5, error_ratio: 0.5}\n")
    code, out, _ = await run(Peer({1: "500 Internal Server Error"}), "--slo", str(slo))
    assert code == 0
    assert "meet every objective" in out
    slo.write_text("run: {error_ratio: 0}\n")
    code, out, _ = await run(Peer({1: "500 Internal Server Error"}), "--slo", str(slo))
    assert code == 1
    assert "missed" in out


async def test_results_are_written_and_two_of_them_can_be_compared(tmp_path: Path) -> None:
    for _ in range(2):
        peer = Peer()
        code, out, err = await run(peer, "--results-directory", str(tmp_path / "results"))
        assert code == 0, err
        kept = load(Path(out.splitlines()[-1].split("Results    ")[1]).parent)
        assert len(kept.records) == len(peer.chats)
        assert kept.server == {"version": "0.33.0", f"digest of {MODEL}": "aa11"}
    both = [str(folder) for folder in sorted((tmp_path / "results").glob("*"))]
    done = await finish(await command("compare", *both, "--tolerance", "90%"))
    assert done[0] in (0, 1), done
    assert "10 questions in pairs" in done[1]


async def test_a_dry_run_needs_no_server_and_sends_nothing(unused_tcp_port: int) -> None:
    flags = ("--dry-run", "--preset", "stress", "--arrival", "burst")
    url = f"http://127.0.0.1:{unused_tcp_port}"
    code, out, err = await finish(await start(url, *flags))
    assert (code, err) == (0, "")
    assert "1000 in " in out
    assert "burst: 10 at once" in out


@pytest.mark.parametrize("word", ["", "run", "interactive", "compare"])
async def test_every_command_has_a_manual(word: str) -> None:
    code, out, err = await finish(await command(*([word] if word else []), "--help"))
    assert (code, err) == (0, "")
    assert out.startswith("usage: python -m traffic")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_run_that_is_stopped_reports_what_was_done(
    tmp_path: Path, number: signal.Signals
) -> None:
    peer = Peer(held_from=4)
    async with ScriptedServer(peer.script) as server:
        process = await start(server.url, "--results-directory", str(tmp_path))
        await until_holding(peer, process)
        process.send_signal(number)
        code, out, err = await finish(process)
    assert code == 128 + number
    assert "3 ok, 0 failed, 1 cancelled" in out
    assert "not finished or not sent" in out
    assert "Traceback" not in err
    assert len(only(tmp_path).records) == 4


async def test_a_continuous_run_goes_on_until_it_is_stopped() -> None:
    peer = Peer(held_from=60)
    async with ScriptedServer(peer.script) as server:
        process = await start(server.url, "--preset", "continuous", "--concurrency", "3")
        await until_holding(peer, process)
        process.send_signal(signal.SIGINT)
        code, out, err = await finish(process)
    assert code == 130, err
    assert "Traceback" not in err
    assert "0 failed" in out
