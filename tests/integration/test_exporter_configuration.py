"""The exporter beside real processes: a made-up Ollama with a runner, and the embedded engine."""

import json
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gpu_exporter.machine.processes import ProcFiles
from ollama_observe.metrics.catalogue import configuration as m
from tests.engines import MODEL, running_engine
from tests.exporters import ExporterProcess, Scrape, exporter_process
from tests.fakes.impostor import impostor
from tests.ollamas import BLOB, WrittenOllama, serving
from tests.proctrees import LLAMA_SERVER, SERVE, need_linux

A = "a:latest"
SECRET = "sk-3f9a7c1e5b"
CEILING_SECONDS = 60.0

ENVIRONMENT = {
    "OLLAMA_NUM_PARALLEL": "4",
    "OLLAMA_CONTEXT_LENGTH": "8192",
    "OLLAMA_KV_CACHE_TYPE": "q8_0",
    "OLLAMA_FLASH_ATTENTION": "1",
    "OLLAMA_KEEP_ALIVE": SECRET,
    "OLLAMA_HOST": f"http://me:{SECRET}@127.0.0.1:11434",
    "OLLAMA_API_KEY": SECRET,
    "HTTPS_PROXY": f"http://me:{SECRET}@proxy:3128",
    "AWS_SECRET_ACCESS_KEY": SECRET,
}
RUNNER = (
    *("/usr/local/lib/ollama/llama-server", "--model", LLAMA_SERVER[2], "--port", "1"),
    *("-c", "8192", "-np", "1", "--flash-attn", "on", "--api-key", SECRET, "-b", "512"),
    *("--cache-type-k", "q8_0", "--cache-type-v", "q8_0", "-ngl", "33", f"--alias={SECRET}"),
)


@asynccontextmanager
async def exporting(url: str, **variables: str) -> AsyncIterator[ExporterProcess]:
    told = {"GPU_EXPORTER_OLLAMA_URL": url, "GPU_EXPORTER_OLLAMA_INTERVAL_SECONDS": "0.2"}
    async with exporter_process(**told, GPU_EXPORTER_BACKEND="none", **variables) as exporter:
        await exporter.until("/ready")
        yield exporter


async def document(exporter: ExporterProcess) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(await exporter.until("/api/configuration"))
    return told


def described(found: Scrape) -> bool:
    return m.CONFIG_INFO.name in found


def loaded() -> WrittenOllama:
    script = WrittenOllama()
    script.load("a", context_length=8192)
    script.files[A] = f"/models/blobs/sha256-{BLOB}"
    return script


async def everything_told(exporter: ExporterProcess) -> str:
    """All that the exporter says to anybody, and its log."""
    paths = ("/metrics", "/health", "/api/configuration")
    told = [(await exporter.get(path))[1] for path in paths]
    told.append((await exporter.get("/metrics", "application/openmetrics-text"))[1])
    return "\n".join((*told, exporter.logged()))


async def test_a_runner_and_its_ollama_are_read_and_no_secret_comes_out() -> None:
    need_linux()
    with impostor(SERVE, ENVIRONMENT, RUNNER), serving(loaded()) as server:
        async with exporting(server.url) as exporter:
            found = await exporter.until_scraped(described)
            told = await document(exporter)
            said = await everything_told(exporter)
    assert found[m.CONFIG_INFO.name] == {(A, "llama-server", "on", "q8_0", "33"): 1}
    assert (found[m.CONTEXT.name], found[m.PARALLEL.name]) == ({(A,): 8192}, {(A,): 1})
    assert found[m.SETTINGS_READABLE.name] == {(): 1}
    assert found[m.SETTING_INFO.name] == {
        ("OLLAMA_NUM_PARALLEL", "4"): 1,
        ("OLLAMA_CONTEXT_LENGTH", "8192"): 1,
        ("OLLAMA_KV_CACHE_TYPE", "q8_0"): 1,
        ("OLLAMA_FLASH_ATTENTION", "true"): 1,
        ("OLLAMA_KEEP_ALIVE", "not understood"): 1,
    }
    assert found[m.SETTING_DIFFERS.name] == {
        (A, "OLLAMA_NUM_PARALLEL"): 1,
        (A, "OLLAMA_CONTEXT_LENGTH"): 0,
        (A, "OLLAMA_KV_CACHE_TYPE"): 0,
        (A, "OLLAMA_FLASH_ATTENTION"): 0,
    }
    (model,) = told["models"]
    assert model["in_force"]["parallel_slots"] == {"value": 1, "from": "command line"}
    assert [one["setting"] for one in model["compared"] if one["differs"]] == [
        "OLLAMA_NUM_PARALLEL"
    ]
    assert "ollama_configuration" in said
    assert SECRET not in said


async def test_an_environment_that_may_not_be_read_is_said_to_be_so() -> None:
    need_linux()
    closed = impostor(SERVE, ENVIRONMENT, RUNNER, is_closed=True)
    with closed as ollama, serving(loaded()) as server:
        if is_readable(ollama.pid):
            pytest.skip("this user may read every environment, as root does")
        async with exporting(server.url) as exporter:
            found = await exporter.until_scraped(described)
            told = await document(exporter)
    assert found[m.SETTINGS_READABLE.name] == {(): 0}
    assert found[m.PARALLEL.name] == {(A,): 1}
    assert not {m.SETTING_INFO.name, m.SETTING_DIFFERS.name} & set(found)
    assert told["settings"] is None
    # beside what is said of model processes of others on this machine, if there are any
    assert any("by its own user and by root alone" in note for note in told["notes"])


def is_readable(pid: int) -> bool:
    """Whether we may read the environment of a process."""
    return ProcFiles(Path("/proc")).environment(pid) is not None


async def test_series_go_with_the_process() -> None:
    need_linux()
    script = loaded()
    with serving(script) as server:
        async with exporting(server.url) as exporter:
            with impostor(SERVE, ENVIRONMENT, RUNNER):
                await exporter.until_scraped(described)
            await exporter.until_scraped(lambda found: not described(found))
            told = await document(exporter)
            health = json.loads(await exporter.until("/health"))
    assert (told["models"], told["settings"]) == ([], None)
    # one or the other note, by whether another Ollama runs on the machine of the test
    assert "1" in told["notes"][0]
    assert health["checks"]["ollama_configuration"]["ok"]


def ask(url: str, path: str, **body: object) -> None:
    data = json.dumps(body).encode()
    with urllib.request.urlopen(url + path, data, timeout=CEILING_SECONDS) as answer:
        answer.read()


def of(found: Scrape, name: str, settings: Sequence[str]) -> dict[str, float]:
    """Whether these settings differ, for a model."""
    told = found[m.SETTING_DIFFERS.name]
    return {setting: told[name, setting] for setting in settings}


async def test_the_embedded_engine_is_read_and_a_request_s_context_is_a_difference(
    tmp_path: Path,
) -> None:
    need_linux()
    names = ("ENGINE_NUM_PARALLEL", "ENGINE_CONTEXT_LENGTH", "ENGINE_THREADS")
    with running_engine(tmp_path, num_parallel=2, context_length=1024) as engine:
        ask(engine.url, "/api/generate", model=MODEL)
        async with exporting(engine.url) as exporter:
            found = await exporter.until_scraped(described)
            told = await document(exporter)
            ask(engine.url, "/api/generate", model=MODEL, options={"num_ctx": 512})
            after = await exporter.until_scraped(
                lambda found: found.get(m.CONTEXT.name) == {(MODEL,): 512}
            )
    assert found[m.CONFIG_INFO.name] == {(MODEL, "engine", "auto", "f16", "0"): 1}
    assert found[m.CONTEXT.name] == {(MODEL,): 1024}
    assert found[m.CONTEXT_TOTAL.name] == {(MODEL,): 2048}
    assert found[m.PARALLEL.name] == {(MODEL,): 2}
    assert found[m.THREADS.name] == {(MODEL,): 1}
    assert found[m.BATCH.name] == found[m.MICRO_BATCH.name] == {(MODEL,): 128}
    assert of(found, MODEL, names) == dict.fromkeys(names, 0)
    assert of(after, MODEL, names) == {
        "ENGINE_NUM_PARALLEL": 0,
        "ENGINE_CONTEXT_LENGTH": 1,
        "ENGINE_THREADS": 0,
    }
    assert told["settings"] == {
        "ENGINE_CONTEXT_LENGTH": "1024",
        "ENGINE_NUM_PARALLEL": "2",
        "ENGINE_THREADS": "1",
    }
    assert str(tmp_path) not in json.dumps(told)


async def test_what_is_left_out_is_not_looked_at() -> None:
    need_linux()
    variables = {"GPU_EXPORTER_WITHOUT": "ollama_configuration"}
    script = loaded()
    with impostor(SERVE, ENVIRONMENT, RUNNER), serving(script) as server:
        async with exporting(server.url, **variables) as exporter:
            turns = script.asked.count("/api/ps") + 3
            found = await exporter.until_scraped(lambda _: script.asked.count("/api/ps") >= turns)
            told = await document(exporter)
    assert not described(found)
    assert "/api/show" not in script.asked
    assert "is left out" in told["notes"][0]
