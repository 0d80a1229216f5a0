"""The answer cache before keys: an answer is its alias's, though no key goes on."""

import asyncio
from pathlib import Path

import pytest

from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.key_files import USER, bearer, key_of, table, write_keys
from tests.lookups import CHAT, answer, asked, status_of, stored
from tests.servers import running_proxy

KEYS = (
    table("alice", models=["smollm2*"]),
    table("bob"),
    table("web"),
    table("narrow", models=["llama3"]),
)


async def test_what_one_alias_asked_is_given_again_to_that_alias_alone(tmp_path: Path) -> None:
    path = await asyncio.to_thread(write_keys, tmp_path / "keys.toml", *KEYS)
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(
            ollama.url, cache="simple", api_keys_file=path, trusted_addresses="127.0.0.1"
        ) as proxy,
    ):
        alice, bob, web = bearer("alice"), bearer("bob"), bearer("web")
        by_header = f"x-api-key: {key_of('alice')}"
        of = f"{USER}: "
        course: tuple[tuple[tuple[str, ...], str], ...] = (
            ((alice,), "MISS"),
            ((alice,), "HIT"),
            ((by_header,), "HIT"),
            ((bob,), "MISS"),
            ((bob,), "HIT"),
            ((web, of + "carol"), "MISS"),
            ((web, of + "dave"), "MISS"),
            ((web, of + "carol"), "HIT"),
            ((web,), "MISS"),
        )
        misses = 0
        for lines, expected in course:
            head, _ = await answer(proxy, CHAT, *lines)
            assert (head.status, status_of(head)) == (200, expected), lines
            misses += expected == "MISS"
            await stored(proxy, misses)
        assert asked(ollama, "/api/chat") == misses
        head, _ = await answer(proxy, CHAT)
        assert head.status == 401
        head, _ = await answer(proxy, CHAT, bearer("narrow"))
        assert head.status == 403
        assert await proxy.value("ollama_proxy_user_requests_total", user="alice") == 3


@pytest.mark.parametrize("shared", [True, False])
async def test_shared_answers_are_given_to_who_may_ask_the_model_and_to_nobody_else(
    tmp_path: Path, shared: bool
) -> None:
    path = await asyncio.to_thread(write_keys, tmp_path / "keys.toml", *KEYS)
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(
            ollama.url, cache="simple", api_keys_file=path, cache_shared_by_callers=shared
        ) as proxy,
    ):
        await answer(proxy, CHAT, bearer("alice"))
        await stored(proxy)
        head, _ = await answer(proxy, CHAT, bearer("bob"))
        assert status_of(head) == ("HIT" if shared else "MISS")
        head, _ = await answer(proxy, CHAT, bearer("narrow"))
        assert head.status == 403
