"""The generator before a proxy with its answer cache on: both count the same hits."""

from pathlib import Path

from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.fakes.turn import Model
from tests.generators import finish, start
from tests.lookups import stored
from tests.servers import running_proxy
from traffic.request.routes import Way
from traffic.results.results import Result, load

MODEL = "m:1b"
QUESTIONS = ("--model", MODEL, "--categories", "code", "--questions", "10")


def results(folder: Path) -> list[Result]:
    """The results of a folder, the earlier first."""
    return sorted(map(load, folder.iterdir()), key=lambda one: one.started_at)


async def test_a_run_that_asks_the_same_again_tells_hits_and_what_they_saved(
    tmp_path: Path,
) -> None:
    fake = FakeOllama(Model(MODEL, prompt_tokens=15, output_tokens=12))
    async with ScriptedServer(fake) as ollama, running_proxy(ollama.url, cache="simple") as proxy:
        for _ in range(2):
            flags = (*QUESTIONS, "--results-directory", str(tmp_path))
            code, out, err = await finish(await start(proxy.url, *flags))
            assert code == 0, err
            await stored(proxy, 10)
        hits = await proxy.value("ollama_proxy_cache_lookups_total", result="hit")
        saved = await proxy.value("ollama_proxy_cache_saved_tokens_total", type="output")
    first, second = results(tmp_path)
    assert (first.summary.hits, first.summary.misses) == (0, first.summary.ok)
    assert (second.summary.hits, second.summary.misses) == (hits, 0)
    assert second.summary.saved_generated_tokens == saved
    assert second.summary.generated_tokens == 0
    assert {one.way for one in second.attempts} == {Way.CACHE}
    assert all(one.answer_age_seconds is not None for one in second.attempts)
    assert f"{hits:g} of {hits:g} answers from the cache (100.0 %)" in out
