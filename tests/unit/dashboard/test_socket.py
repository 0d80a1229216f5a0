"""What comes in and goes out over a socket, and who is not let in."""

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dashboard.socket import LOOK_SECONDS, MOST_SENTENCE
from tests.dashboards import CEILING_SECONDS, heard, heard_all, look, page, running_dashboard

TOO_BIG = 1009
"""RFC 6455, 7.4.1."""


async def test_a_page_is_told_what_it_is_built_of_before_anything_else() -> None:
    async with running_dashboard(runbook_url="https://wiki/r") as it, page(it) as socket:
        hello, strip, live = await heard_all(socket, "hello", "strip", "live")
        assert (hello["version"], hello["runbook_url"]) == (1, "https://wiki/r")
        assert hello["ranges"][0]["seconds"] == 300
        assert strip["parts"]
        assert "make status" in live["error"]


async def test_a_look_is_answered_with_the_keys_of_its_frames() -> None:
    async with running_dashboard() as it, page(it) as socket:
        await socket.send(look(seconds=3600))
        viewing = await heard(socket, "viewing")
        assert (viewing["view"], viewing["tiles"]) == ("3600|300||total", "900|150||total")
        (viewer,) = it.views.looks
        viewer.offer(b'{"type":"frame"}')
        assert await heard(socket, "frame") == {"type": "frame"}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (look(seconds=7), "expected one of RANGES, found 7"),
        (b"{", "truncated"),
        (b'{"type":"look","view":{},"panls":[]}', "unknown field `panls`"),
        (b'{"type":"hello"}', "Invalid value 'hello'"),
        (b"\xff", "malformed"),
        (b"[" * 20_000, "Expected `object`"),
        (b'{"type":"look","view":' + b'{"models":' * 5000, "Expected `array`"),
        (b'{"type":"look","view":{"x":' + b"[" * 30_000, "recursion depth"),
        (b"", "truncated"),
        (b"null", "Expected `object`"),
        (b'{"type":"look"}', "missing required field `view`"),
        (b'{"type":"look","view":{"seconds":"900"}}', "Expected `int`, got `str`"),
        (b'{"type":"look","view":{"seconds":1e400}}', "out of range"),
        (b'{"type":"look","view":{"start":true,"end":2}}', "Expected `int | null`"),
        (b'{"type":"look","view":{"by_model":1}}', "Expected `bool`"),
        (b'{"type":"look","view":{"models":[null]}}', "Expected `str`"),
        (b'{"type":"look","view":{"routing":"both"}}', "Invalid enum value"),
        (b'{"type":"look","view":{},"panels":{"p":1}}', "Expected `array`"),
        (b'{"type":"look","view":{"models":["\\ud800 a name"]}}', "surrogate"),
        (look(models=["m" * 301]), "names of at most 300 letters"),
        (look(models=["m"] * 21), "at most 20, found 21"),
        (look(start=-5, end=10), "found -5 to 10"),
        (b'{"type":"look","view":{},"' + b"x" * 50_000 + b'":1}', "unknown field"),
    ],
)
async def test_what_cannot_be_shown_is_refused_in_a_sentence_and_the_socket_stays(
    said: bytes, sentence: str
) -> None:
    async with running_dashboard() as it, page(it) as socket:
        await socket.send(said)
        refusal = await heard(socket, "refusal")
        assert sentence in refusal["sentence"]
        assert len(refusal["sentence"]) <= MOST_SENTENCE
        assert it.views.looks == {}
        await socket.send(look())
        await heard(socket, "viewing")


async def test_what_is_longer_than_any_look_ends_the_socket_and_no_other() -> None:
    async with running_dashboard() as it, page(it) as other:
        await heard(other, "hello")
        async with page(it) as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await socket.send(b"[" * 10 * 1024 * 1024)
                await heard(socket, "refusal")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == TOO_BIG
        assert it.views.looks == {}
        await other.send(look())
        await heard(other, "viewing")


async def test_a_storm_of_looks_is_the_first_and_the_latest_and_few_between() -> None:
    loop = asyncio.get_running_loop()
    async with running_dashboard() as it, page(it) as socket:
        begun = loop.time()
        for number in range(1000):
            await socket.send(look(start=number, end=number + 600))
        last = look(seconds=3600)
        await socket.send(last)
        while (await heard(socket, "viewing"))["view"] != "3600|300||total":
            pass
        most = 2 + (loop.time() - begun) / LOOK_SECONDS
        assert 2 <= it.views.watched <= most


async def test_a_look_may_come_as_text() -> None:
    async with running_dashboard() as it, page(it) as socket:
        await socket.send(look().decode())
        await heard(socket, "viewing")


async def test_a_page_that_leaves_is_shown_nothing_more() -> None:
    async with running_dashboard() as it:
        async with page(it) as socket:
            await socket.send(look())
            await heard(socket, "viewing")
            (viewer,) = it.views.looks
        await asyncio.wait_for(it.dashboard.hub.empty.wait(), CEILING_SECONDS)
        assert it.views.left == [viewer]
        assert it.value("dashboard_viewers") == 0


async def test_a_defect_closes_the_socket_and_the_next_page_is_served() -> None:
    async with running_dashboard() as it:
        it.views.broken = True
        async with page(it) as socket:
            await socket.send(look())
            with pytest.raises(ConnectionClosed) as closed:
                await heard(socket, "viewing")
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, "its log says how" in closed.value.rcvd.reason) == (
            1011,
            True,
        )
        it.views.broken = False
        async with page(it) as socket:
            await socket.send(look())
            await heard(socket, "viewing")


async def test_a_page_too_many_is_told_why() -> None:
    async with running_dashboard(most_viewers=1) as it, page(it) as first:
        await heard(first, "hello")
        async with page(it) as second:
            with pytest.raises(ConnectionClosed) as closed:
                await second.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        assert "DASHBOARD_MOST_VIEWERS" in closed.value.rcvd.reason


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://evil.example", None),
        ("null", None),
        # a name of its own for this machine's address
        ("http://evil.example:3001", "evil.example:3001"),
    ],
)
async def test_a_page_of_elsewhere_is_not_let_in(origin: str, host: str | None) -> None:
    async with running_dashboard() as it:
        headers = {"Host": host} if host else None
        with pytest.raises(InvalidStatus) as refused:
            await page(it, origin, additional_headers=headers)
        assert refused.value.response.status_code == 403
        assert it.views.looks == {}
        assert it.value("dashboard_refused_viewers_total", reason="page") == 1


async def test_a_page_of_an_allowed_origin_is_let_in() -> None:
    async with running_dashboard(allowed_origins="https://board.example") as it:
        async with page(it, "https://board.example") as socket:
            await heard(socket, "hello")
