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

pytestmark = pytest.mark.long


def only(folder: Path) -> Result:
    """The one result of a folder."""
    (found,) = folder.iterdir()
    assert (found / PAGE_NAME).is_file()
    return load(found)


def tokens(requests: int) -> str:
    return f"{PROMPT_TOKENS * requests} prompt, {GENERATED_TOKENS * requests} generated"


async def test_a_quick_run_asks_ten_questions_and_adds_up_their_tokens() -> None:
    peer = Peer()
    code, out, err = await run(peer, "--max-tokens", "50")
    requests = len(peer.chats)
    assert code == 0, err
    for call in peer.chats:
        body = json.loads(call.body)
        assert body["model"] == MODEL
        assert 0 < body["options"]["num_predict"] <= 50
    assert f"10 in {requests} requests" in out
    assert f"{requests} ok, 0 failed" in out
    assert tokens(requests) in out
    assert "20.0" in out.split("server's clock")[1].split("\n")[0]
    for category in Category:
        assert category in err
    assert err.splitlines()[-1].startswith(f"{requests}/{requests} ")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("api", "path"),
    [
        ("native", "/api/chat"),
        ("openai", "/v1/chat/completions"),
        ("anthropic", "/v1/messages"),
    ],
)
async def test_each_api_gets_whole_answers_and_only_the_native_one_has_the_servers_clock(
    api: str, path: str
) -> None:
    fake = FakeOllama(model=Model(name=MODEL))
    async with ScriptedServer(fake) as server:
        code, out, err = await finish(await start(server.url, "--api", api, "--questions", "20"))
        requests = sum(call.target == path for call in server.calls)
    assert code == 0, err
    assert f"{requests} ok, 0 failed" in out
    assert f"{15 * requests} prompt, {12 * requests} generated" in out
    assert ("server's clock" in out) == (api == "native")


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


async def test_cancellations_are_told_of_those_that_were_planned(tmp_path: Path) -> None:
    flags = ("--preset", "demo", "--cancel-rate", "1", "--note", "OLLAMA_NUM_PARALLEL=1")
    code, out, err = await run(Peer(), *flags, "--results-directory", str(tmp_path))
    assert code == 0, err
    kept = only(tmp_path)
    summary = kept.summary
    assert summary.cancellations_planned == sum(
        record.cancel_after_chunks is not None for record in kept.records if not record.is_warm_up
    )
    assert 0 < summary.cancelled_as_planned == summary.cancelled < summary.cancellations_planned
    words = f"{summary.cancelled} of {summary.cancellations_planned} planned: the others ended"
    assert f"Cancelled   {words}" in out
    assert "Note        OLLAMA_NUM_PARALLEL=1" in out
    assert kept.note == "OLLAMA_NUM_PARALLEL=1"


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
