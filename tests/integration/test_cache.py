"""The answer cache in a real proxy: what is given again, to whom, and what is counted of it."""

import json
from pathlib import Path

import httpx2
import pytest

from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.lookups import CHAT, MODEL, REQUESTS, answer, asked, looked, stored
from tests.servers import running_proxy


@pytest.mark.parametrize("name", REQUESTS)
async def test_what_is_asked_again_is_answered_byte_for_byte(name: str) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        first, first_body = await answer(proxy, REQUESTS[name])
        await stored(proxy)
        second, second_body = await answer(proxy, REQUESTS[name])
        assert first.get("x-portkey-cache-status") == "MISS"
        assert second.get("x-portkey-cache-status") == "HIT"
        assert second.get("age") == "0"
        assert first.get("age") is None
        assert first.status == second.status == 200
        assert second_body == first_body != b""
        assert first.get("content-type") == second.get("content-type")
        assert asked(ollama, REQUESTS[name][0]) == 1


async def test_a_hit_is_in_no_figure_of_the_model() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        await answer(proxy, CHAT)
        await stored(proxy)
        before = await proxy.samples()
        await answer(proxy, CHAT)
        await looked(proxy, "hit")
        after = await proxy.samples()
        moved = {
            name
            for (name, labels), value in after.items()
            if value != before.get((name, labels), 0.0) and name.startswith("ollama_proxy_")
            if ("phase", "idle") not in labels  # the model's, all the while
        }
        saved = {
            type_: await proxy.value("ollama_proxy_cache_saved_tokens_total", type=type_)
            for type_ in ("input", "output")
        }
        counted = await proxy.value("ollama_proxy_generated_tokens_total")
        asked_for = await proxy.value("ollama_proxy_prompt_tokens_total")
        assert saved == {"input": asked_for, "output": counted}
        assert await proxy.value("ollama_proxy_cache_saved_seconds_total") > 0
        assert await proxy.value("ollama_proxy_requests_total", routing="cache") == 1
    families = {name.removesuffix("_bucket").removesuffix("_sum") for name in moved}
    families = {name.removesuffix("_count") for name in families}
    assert families <= {
        "ollama_proxy_active_requests",
        "ollama_proxy_requests_total",
        "ollama_proxy_request_size_bytes",
        "ollama_proxy_response_size_bytes",
        "ollama_proxy_model_info",  # asked for by the scrape before
        "ollama_proxy_series",
        "ollama_proxy_cache_lookups_total",
        "ollama_proxy_cache_lookup_duration_seconds",
        "ollama_proxy_cache_saved_tokens_total",
        "ollama_proxy_cache_saved_seconds_total",
        "ollama_proxy_cache_entries",
        "ollama_proxy_cache_size_bytes",
    }


async def test_one_caller_never_sees_anothers_answers_unless_they_are_shared() -> None:
    for is_shared, expected in ((False, ["MISS", "MISS", "HIT"]), (True, ["MISS", "HIT", "HIT"])):
        async with (
            ScriptedServer(FakeOllama()) as ollama,
            running_proxy(ollama.url, cache="simple", cache_shared_by_callers=is_shared) as proxy,
        ):
            found = []
            for number, key in enumerate(("one", "two", "one")):
                head, _ = await answer(proxy, CHAT, f"Authorization: Bearer {key}")
                found.append(head.get("x-portkey-cache-status"))
                await stored(proxy, min(number + 1, expected.count("MISS")))
            assert found == expected


@pytest.mark.parametrize(
    "header", ["Cache-Control: no-cache", "x-portkey-cache-force-refresh: true"]
)
async def test_a_client_may_have_a_new_answer(header: str) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        await answer(proxy, CHAT)
        await stored(proxy)
        head, _ = await answer(proxy, CHAT, header)
        assert head.get("x-portkey-cache-status") == "REFRESH"
        await stored(proxy, 2)
        assert asked(ollama, CHAT[0]) == 2
        assert await proxy.value("ollama_proxy_cache_evictions_total", cause="replaced") == 1
        head, _ = await answer(proxy, CHAT)
        assert head.get("x-portkey-cache-status") == "HIT"


async def test_a_model_that_was_pulled_anew_is_another() -> None:
    script = FakeOllama()
    async with (
        ScriptedServer(script) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        await answer(proxy, CHAT)
        await stored(proxy)
        script.library.digests[MODEL] = "f" * 64
        await answer(proxy, ("/api/pull", {"model": MODEL}))
        head, _ = await answer(proxy, CHAT)
        assert head.get("x-portkey-cache-status") == "MISS"


async def test_what_is_not_whole_is_not_kept() -> None:
    script = FakeOllama(faults=Faults(end_without_done_after=2))
    async with (
        ScriptedServer(script) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        await answer(proxy, CHAT)
        script.faults = Faults()
        head, body = await answer(proxy, CHAT)
        assert head.get("x-portkey-cache-status") == "MISS"
        assert b'"done":true' in body


@pytest.mark.parametrize("is_on", [True, False])
async def test_an_operator_asks_what_it_is_and_empties_it(is_on: bool) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple" if is_on else "off") as proxy,
        httpx2.AsyncClient(base_url=proxy.control_url, trust_env=False) as http,
    ):
        await answer(proxy, CHAT)
        told = await http.get("/api/cache")
        if not is_on:
            cleared = await http.delete("/api/cache")
            assert (told.status_code, cleared.status_code) == (404, 404)
            assert "PROXY_CACHE" in cleared.json()["error"]
            return
        await stored(proxy)
        assert told.json() == {
            "mode": "simple",
            "max_age_seconds": 604800,
            "store": "memory",
            "where": "",
        }
        assert (await http.delete("/api/cache")).json() == {"cleared": 1}
        head, _ = await answer(proxy, CHAT)
        assert head.get("x-portkey-cache-status") == "MISS"
        assert await proxy.value("ollama_proxy_cache_evictions_total", cause="cleared") == 1


async def test_the_stanza_of_the_gateways_configuration_turns_it_on(tmp_path: Path) -> None:
    config = {"provider": "openai", "api_key": "x", "custom_host": "${ollama}"}
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**config, "cache": {"mode": "simple", "max_age": 60}}))
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, portkey_config=path) as proxy,
        httpx2.AsyncClient(base_url=proxy.control_url, trust_env=False) as http,
    ):
        await answer(proxy, CHAT)
        await stored(proxy)
        head, _ = await answer(proxy, CHAT)
        assert head.get("x-portkey-cache-status") == "HIT"
        assert (await http.get("/api/cache")).json()["max_age_seconds"] == 60
