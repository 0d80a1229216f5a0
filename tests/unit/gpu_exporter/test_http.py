"""Questions over real HTTP: what is asked, what comes back, what is said of it."""

import asyncio
import base64
import contextlib
import time
from collections.abc import Iterator

import pytest

from gpu_exporter.http import (
    ANSWER_LIMIT_BYTES,
    Answer,
    HttpClient,
    HttpError,
    NoAnswerError,
    WrongAnswerError,
    can_be_asked,
)
from tests.fakes.server import Call, Script, ScriptedServer
from tests.ollamas import NOON, WrittenOllama, serving
from tests.ports import free_port

SECRET = "pa:s@s"
USERINFO = "me:pa%3As%40s@"


def ask(url: str, path: str = "/api/ps", turn_seconds: float = 3.0) -> Answer:
    client = HttpClient(url, "Ollama", turn_seconds)
    try:
        return client.ask(path, client.deadline())
    finally:
        client.close()


def refusal(script: Script, turn_seconds: float = 3.0) -> HttpError:
    """What is raised for the answer of a script; the URL has credentials."""
    with serving(script) as server:
        url = server.url.replace("//", f"//{USERINFO}")
        with pytest.raises(HttpError) as caught:
            ask(url, turn_seconds=turn_seconds)
        assert SECRET not in str(caught.value)
        assert "pa%3A" not in str(caught.value)
        assert server.url in str(caught.value)
    return caught.value


@pytest.fixture
def ollama() -> Iterator[tuple[WrittenOllama, ScriptedServer]]:
    script = WrittenOllama()
    with serving(script) as server:
        yield script, server


def test_an_answer_comes_with_the_time_of_who_gave_it(
    ollama: tuple[WrittenOllama, ScriptedServer],
) -> None:
    script, server = ollama
    assert ask(server.url) == Answer(b'{"models": []}', NOON)
    assert script.asked == ["/api/ps"]


def test_one_connection_is_kept_and_closed_at_the_end(
    ollama: tuple[WrittenOllama, ScriptedServer],
) -> None:
    _, server = ollama
    client = HttpClient(server.url, "Ollama", 3.0)
    connections = set()
    for path in ("/api/ps", "/api/version", "/api/ps"):
        client.ask(path, client.deadline())
        connections |= server.transports
    assert len(connections) == 1
    client.close()


def test_a_question_is_posted(ollama: tuple[WrittenOllama, ScriptedServer]) -> None:
    script, server = ollama
    script.files["m"] = "/x"
    client = HttpClient(server.url, "Ollama", 3.0)
    answer = client.ask("/api/show", client.deadline(), {"model": "m"})
    client.close()
    assert (server.calls[0].method, answer.body) == (
        "POST",
        b'{"modelfile": "# FROM x\\nFROM /x\\n"}',
    )


def test_a_path_may_come_before_those_that_are_asked_for() -> None:
    async def script(call: Call) -> None:
        await call.answer("200 OK", [], call.target.encode())

    with serving(script) as server:
        assert ask(f"{server.url}/below").body == b"/below/api/ps"
        assert ask(f"{server.url}/below/?x=y#z").body == b"/below/api/ps"


def test_credentials_of_the_address_are_sent_and_not_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def script(call: Call) -> None:
        await call.answer("200 OK", [], (call.header("authorization") or "").encode())

    caplog.set_level("DEBUG")
    with serving(script) as server:
        client = HttpClient(server.url.replace("//", f"//{USERINFO}"), "Ollama", 3.0)
        answer = client.ask("/api/ps", client.deadline())
        client.close()
        assert client.address == server.url
    assert answer.body == b"Basic " + base64.b64encode(f"me:{SECRET}".encode())
    assert SECRET not in caplog.text
    assert "pa%3A" not in caplog.text


@pytest.mark.parametrize("url", ["http://h", "https://me:p%40@[::1]:1/x?y", "http://ä.example"])
def test_a_client_can_be_made_for_an_address(url: str) -> None:
    assert can_be_asked(url)
    HttpClient(url, "Ollama", 3.0).close()


@pytest.mark.parametrize(
    "url",
    [
        *("", "h:1", "ftp://h", "http://", "http://me@", "http://1.2.3.999", "http://-ä-"),
        *("http://127.0.0.1:99999", "http://h:-1", "http://h:x"),
    ],
)
def test_nobody_can_be_asked_at_what_is_no_address(url: str) -> None:
    assert not can_be_asked(url)


def test_a_user_may_have_no_password() -> None:
    async def script(call: Call) -> None:
        await call.answer("200 OK", [], (call.header("authorization") or "").encode())

    with serving(script) as server:
        answer = ask(server.url.replace("//", "//me@"))
    assert answer.body == b"Basic " + base64.b64encode(b"me:")


def test_a_question_that_was_answered_leaves_no_line(
    ollama: tuple[WrittenOllama, ScriptedServer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    ask(ollama[1].url)
    assert caplog.records == []


def test_the_environments_proxy_is_not_asked(
    ollama: tuple[WrittenOllama, ScriptedServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert ask(ollama[1].url).body == b'{"models": []}'


def test_nobody_there_is_no_answer() -> None:
    port = free_port()
    with pytest.raises(NoAnswerError) as caught:
        ask(f"http://{USERINFO}127.0.0.1:{port}")
    assert str(caught.value).startswith(f"http://127.0.0.1:{port} gave no answer: ")
    assert "refused" in str(caught.value)


@pytest.mark.parametrize("begins", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_one_that_hangs_is_given_up_in_time(begins: bytes) -> None:
    async def hang(call: Call) -> None:
        await call.send(begins)
        await call.peer_gone.wait()

    began = time.monotonic()
    error = refusal(hang, turn_seconds=0.2)
    assert time.monotonic() - began < 2
    assert isinstance(error, NoAnswerError)
    assert str(error).endswith("gave no answer within 0.2 s")


def test_one_that_dribbles_is_given_up_in_time() -> None:
    async def dribble(call: Call) -> None:
        await call.head("200 OK", [(b"Transfer-Encoding", b"chunked")])
        while not call.peer_gone.is_set():
            await call.chunk(b" ")

    assert "within 0.2 s" in str(refusal(dribble, turn_seconds=0.2))


@pytest.mark.parametrize(
    "begins",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Long: ", id="in the head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", id="in a body"),
    ],
)
def test_one_that_dribbles_bytes_is_cut_off_in_time(begins: bytes) -> None:
    async def dribble(call: Call) -> None:
        await call.send(begins)
        while not call.peer_gone.is_set():
            await call.send(b"x")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(call.peer_gone.wait(), 0.02)

    began = time.monotonic()
    error = refusal(dribble, turn_seconds=0.2)
    assert time.monotonic() - began < 2
    assert isinstance(error, NoAnswerError)
    assert str(error).endswith("gave no answer within 0.2 s")


def test_after_one_was_cut_off_another_connection_is_made() -> None:
    dribbling = [True]

    async def script(call: Call) -> None:
        if not dribbling:
            await call.answer("200 OK", [], b"{}")
            return
        while not call.peer_gone.is_set():
            await call.send(b"H")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(call.peer_gone.wait(), 0.02)

    with serving(script) as server:
        client = HttpClient(server.url, "Ollama", 0.2)
        with pytest.raises(NoAnswerError):
            client.ask("/api/ps", client.deadline())
        dribbling.clear()
        assert client.ask("/api/ps", client.deadline() + 3).body == b"{}"
        client.close()


def test_a_turn_that_is_over_asks_nothing(ollama: tuple[WrittenOllama, ScriptedServer]) -> None:
    script, server = ollama
    now = 100.0
    client = HttpClient(server.url, "Ollama", 3.0, clock=lambda: now)
    until = client.deadline()
    now += 3.0
    with pytest.raises(NoAnswerError):
        client.ask("/api/ps", until)
    client.close()
    assert script.asked == []


@pytest.mark.parametrize(
    "status", ["500 Internal Server Error", "404 Not Found", "403 Forbidden", "401 Unauthorized"]
)
def test_another_status_is_a_wrong_answer(status: str) -> None:
    async def refuse(call: Call) -> None:
        await call.answer(status, [], b"")

    error = refusal(refuse)
    assert isinstance(error, WrongAnswerError)
    assert str(error).endswith(f"answered {status[:3]} to /api/ps, not as Ollama does")


def test_nobody_is_followed_elsewhere() -> None:
    async def redirect(call: Call) -> None:
        await call.answer("302 Found", [(b"Location", b"/login")], b"")

    assert "answered 302" in str(refusal(redirect))


def test_an_answer_without_end_is_a_wrong_one() -> None:
    async def flood(call: Call) -> None:
        await call.head("200 OK", [(b"Transfer-Encoding", b"chunked")])
        while not call.peer_gone.is_set():
            await call.chunk(bytes(1 << 20))

    error = refusal(flood, turn_seconds=20)
    assert isinstance(error, WrongAnswerError)
    assert f"more than {ANSWER_LIMIT_BYTES} bytes" in str(error)


def test_bytes_that_are_not_what_they_are_said_to_be_are_a_wrong_answer() -> None:
    async def garble(call: Call) -> None:
        await call.answer("200 OK", [(b"Content-Encoding", b"gzip")], b"no gzip")

    error = refusal(garble)
    assert isinstance(error, WrongAnswerError)
    assert "what cannot be read" in str(error)


def test_one_that_speaks_no_http_gives_no_answer() -> None:
    async def other(call: Call) -> None:
        await call.send(b"SSH-2.0-OpenSSH_9.6\r\n")
        call.close()

    assert isinstance(refusal(other), NoAnswerError)


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(
    ollama: tuple[WrittenOllama, ScriptedServer],
) -> None:
    script, server = ollama
    client = HttpClient(server.url, "Ollama", 3.0)
    client.ask("/api/version", client.deadline())
    dropped: list[Call] = []

    def drop_once(call: Call) -> bytes | None:
        if dropped:
            return None
        dropped.append(call)
        return b""

    script.instead = drop_once
    assert client.ask("/api/ps", client.deadline()).body == b'{"models": []}'
    assert script.asked == ["/api/version", "/api/ps", "/api/ps"]
    client.close()


@pytest.mark.parametrize("date", [b"", b"yesterday", b"Mon, 99 Nov 2026 06:44:24 GMT"])
def test_a_date_that_is_none_is_not_told(date: bytes) -> None:
    async def script(call: Call) -> None:
        await call.answer("200 OK", [(b"Date", date)] if date else [], b"{}")

    with serving(script) as server:
        assert ask(server.url) == Answer(b"{}", None)
