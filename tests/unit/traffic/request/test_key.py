"""The key of a run: out of its file into every request to the proxy, and nowhere else."""

import asyncio
from pathlib import Path

import pytest

from tests.fakes.server import Call, ScriptedServer
from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.request.test_sending import LAST, NDJSON, begun
from tests.unit.traffic.test_settings import settings
from traffic.refusals import RefusedError
from traffic.request.blocking import BlockingClient
from traffic.request.client import Client, open_http
from traffic.request.key import key_headers
from traffic.results.results import shown_settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text("oo-secret\n", encoding="ascii")
    return path


def test_a_key_is_shown_to_the_proxy_and_not_past_it(path: Path) -> None:
    assert key_headers(settings()) == {}
    told = settings(api_key_file=path)
    assert key_headers(told) == {"authorization": "Bearer oo-secret"}
    assert key_headers(settings(api_key_file=path, route="gateway")) == {}
    assert "oo-secret" not in str(shown_settings(told))


@pytest.mark.parametrize("text", [b"", b"\n", b"two keys", b"a\nb", b"\xff", b"a\x00b"])
def test_what_is_no_key_is_refused_and_not_repeated(path: Path, text: bytes) -> None:
    path.write_bytes(text)
    with pytest.raises(RefusedError, match=f"--api-key-file {path}: ") as refused:
        key_headers(settings(api_key_file=path))
    assert "two" not in str(refused.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="No such file"):
        key_headers(settings(api_key_file=tmp_path / "none"))


async def test_both_clients_bring_it(path: Path) -> None:
    seen: list[str | None] = []

    async def script(call: Call) -> None:
        seen.append(call.header("authorization"))
        await call.answer("200 OK", [*NDJSON[:1]], LAST)

    async with ScriptedServer(script) as server, asyncio.timeout(20):
        told = settings(base_url=server.url, api_key_file=path)
        async with open_http(told) as http:
            await Client(http, told).ask(begun(), question(), [])
        blocking = BlockingClient(told)
        await asyncio.to_thread(blocking.ask, begun(), question(), [])
        blocking.close()
    assert seen == ["Bearer oo-secret"] * 2
