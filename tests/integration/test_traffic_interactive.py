"""`python -m traffic interactive` at a real terminal."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.server import ScriptedServer
from tests.generators import MODEL, Peer, came_to, command, finish
from tests.terminals import Terminal, at_a_terminal
from traffic.bank.questions import Category
from traffic.interactive import LEFT, NO_TERMINAL

Script = Callable[[Terminal], int]


async def talk(peer: Peer, script: Script, *flags: str) -> tuple[int, str]:
    """Exit code and what was shown; the terminal is talked to in a thread, the server runs here."""

    def talked(url: str) -> tuple[int, str]:
        with at_a_terminal("interactive", "--base-url", url, *flags) as terminal:
            return script(terminal), terminal.shown

    async with ScriptedServer(peer.script) as server:
        return await asyncio.to_thread(talked, server.url)


def only_enter(terminal: Terminal) -> int:
    for words in ("Model", "Preset", "Categories", "Arrival", "in flight", "API", "Start"):
        terminal.expect(words)
        terminal.expect("): ")
        terminal.enter()
    return terminal.end()


async def test_enter_alone_is_a_quick_run_that_is_watched(tmp_path: Path) -> None:
    peer = Peer()
    code, shown = await talk(peer, only_enter, "--results-directory", str(tmp_path))
    assert code == 0, shown
    assert f"1  {MODEL}  98 MB" in shown
    assert f"{len(peer.chats)}/{len(peer.chats)}" in shown
    assert f"{len(peer.chats)} ok, 0 failed" in shown
    assert len(list(tmp_path.iterdir())) == 1  # noqa: ASYNC240 (the run is over)


def mistaken(terminal: Terminal) -> int:
    """Every answer wrong first, then right."""
    for words, wrong, said, right in (
        ("Model", "other:7b", "has no model other:7b; /api/tags offers small:1b", "1"),
        ("Preset", "huge", "Input should be 'quick', 'demo', 'stress'", "quick"),
        ("Categories", "4,poems", "no category 'poems'; expected some of factual_short", "4, 1"),
        ("Arrival", "never", "Input should be 'closed', 'constant'", "constant"),
        ("a second", "0", "Input should be greater than or equal to 0.000001, found '0'", "100"),
        ("API", "soap", "Input should be 'native', 'openai' or 'anthropic'", "openai"),
    ):
        terminal.expect(words)
        terminal.enter(wrong)
        terminal.expect(said)
        terminal.expect(words)
        terminal.enter(right)
    terminal.expect("constant: 100 a second")
    terminal.expect("Start")
    terminal.enter("y")
    return terminal.end()


async def test_a_wrong_answer_is_told_as_a_wrong_setting_is_and_asked_again() -> None:
    peer = Peer()
    code, shown = await talk(peer, mistaken)
    assert came_to(0, code, " ".join(shown.split())), shown
    assert {call.target for call in peer.chats} == {"/v1/chat/completions"}
    assert len(peer.chats) == 10
    assert "TTFT, from scheduled" in shown
    for category in set(Category) - {Category.CODE, Category.FACTUAL_SHORT}:
        assert category not in shown.split("Start")[1]


def ctrl_c(terminal: Terminal) -> None:
    terminal.interrupt(LEFT)


def ctrl_d(terminal: Terminal) -> None:
    terminal.type("\x04")


@pytest.mark.parametrize(("leave", "code"), [(ctrl_c, 130), (ctrl_d, 0)], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("after", ["Model", "Categories"])
async def test_it_is_left_politely_at_any_question(
    leave: Callable[[Terminal], None], code: int, after: str
) -> None:
    def leaving(terminal: Terminal) -> int:
        for words in ("Model", "Preset", "Categories"):
            terminal.expect(words)
            terminal.expect("): ")
            if words == after:
                break
            terminal.enter()
        leave(terminal)
        return terminal.end()

    peer = Peer()
    found, shown = await talk(peer, leaving)
    assert found == code
    assert shown.rstrip().endswith(f"traffic: {LEFT}")
    assert "Traceback" not in shown
    assert peer.chats == []


def declined(terminal: Terminal) -> int:
    for words in ("Model", "Preset", "Categories", "Arrival", "in flight", "API"):
        terminal.expect(words)
        terminal.expect("): ")
        terminal.enter()
    terminal.expect("Start")
    terminal.enter("n")
    return terminal.end()


async def test_a_plan_that_is_not_wanted_is_not_played() -> None:
    peer = Peer()
    code, shown = await talk(peer, declined)
    assert code == 0
    assert shown.rstrip().endswith(LEFT)
    assert peer.chats == []


def odd(terminal: Terminal) -> int:
    for words in ("Model", "Preset", "Arrival", "in flight", "API", "Start"):
        terminal.expect(words)
        terminal.expect("): ")
        terminal.enter("edge" if words == "Preset" else "")
    return terminal.end()


async def test_a_fixture_is_not_asked_for_its_categories() -> None:
    peer = Peer()
    code, shown = await talk(peer, odd)
    assert code == 0, shown
    assert "Categories" not in shown
    assert len(peer.chats) == 31


def stopped(terminal: Terminal) -> int:
    for words in ("Model", "Preset", "Categories", "Arrival", "in flight", "API", "Start"):
        terminal.expect(words)
        terminal.expect("): ")
        terminal.enter()
    terminal.expect("3 ok")
    terminal.type("\x03")
    return terminal.end()


async def test_ctrl_c_while_it_runs_leaves_a_report() -> None:
    code, shown = await talk(Peer(held_from=4), stopped)
    assert code == 130
    assert "3 ok, 0 failed, 1 cancelled" in shown
    assert "Traceback" not in shown


async def test_nobody_there_is_said_before_the_first_question(unused_tcp_port: int) -> None:
    def at(url: str) -> tuple[int, str]:
        with at_a_terminal("interactive", "--base-url", url) as terminal:
            return terminal.end(), terminal.shown

    code, shown = await asyncio.to_thread(at, f"http://127.0.0.1:{unused_tcp_port}")
    assert code == 2
    assert "start the stack with `make start`" in shown
    assert "Model" not in shown


async def test_away_from_a_terminal_it_is_one_sentence() -> None:
    assert await finish(await command("interactive")) == (2, "", f"traffic: {NO_TERMINAL}\n")
