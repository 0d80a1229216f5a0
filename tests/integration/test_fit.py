"""A real exporter that answers whether models fit: with a played driver, with a real engine."""

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.anatomies import LLAMA31_8B, LLAMA32_3B, QWEN3_30B
from tests.components import need
from tests.engines import MODEL, RunningEngine, running_engine
from tests.exporters import ExporterProcess, exporter_process
from tests.ollamas import WrittenOllama, serving
from tests.stacks import Stack, stack_at

pytestmark = pytest.mark.long

CAPTURES = Path(__file__).resolve().parents[1] / "fakes" / "nvml"
RESERVE = (1024 + 457) * 2**20
FREE_BYTES = 6_529_482_752
HOST_KB = 16_000_000
WITHIN_SECONDS = 60.0
MEMINFO = """\
MemTotal: 32000000 kB
MemFree: 9000000 kB
MemAvailable: {available} kB
Buffers: 0 kB
Cached: 0 kB
Active: 0 kB
Inactive: 0 kB
SReclaimable: 0 kB
Shmem: 0 kB
Slab: 0 kB
SwapTotal: 0 kB
SwapFree: 0 kB
"""
"""What psutil reads of a machine's memory, on Linux."""


def machine(folder: Path, capture: str, frame: int, **more: str) -> dict[str, str]:
    """Variables of an exporter on a machine with 16 GB available and the cards of a capture, as
    they are from a frame on.
    """
    recorded = json.loads((CAPTURES / f"{capture}.json").read_text(encoding="utf-8"))
    first, *later = recorded["frames"][: frame + 1]
    for one in later:
        first["calls"] |= one["calls"]
    still = folder / "cards.json"
    still.write_text(json.dumps({**recorded, "frames": [first]}), encoding="utf-8")
    proc = folder / "proc"
    proc.mkdir()
    (proc / "meminfo").write_text(MEMINFO.format(available=HOST_KB), encoding="utf-8")
    return {
        "GPU_EXPORTER_BACKEND": "replay",
        "GPU_EXPORTER_CAPTURE": str(still),
        "GPU_EXPORTER_HOST_PROC": str(proc),
        "GPU_EXPORTER_OLLAMA_INTERVAL_SECONDS": "0.2",
        **more,
    }


def written() -> WrittenOllama:
    """An Ollama with three models on its disk."""
    script = WrittenOllama()
    for name, anatomy in (
        ("llama3.2:3b", LLAMA32_3B),
        ("llama3.1:8b", LLAMA31_8B),
        ("qwen3:30b", QWEN3_30B),
    ):
        script.install(name, size=anatomy.size_bytes)
        script.shown[name] = anatomy.shown()
    return script


async def ask(exporter: ExporterProcess, query: str = "") -> tuple[int, Any]:
    status, body = await exporter.get(f"/api/fit{query}")
    return status, json.loads(body)


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[tuple[WrittenOllama, dict[str, str]]]:
    """A card of 16 GB whose 9 GB another model has; what else holds some of it is not Ollama's."""
    need("Linux", sys.platform == "linux", "the machine's memory is read from /proc there")
    script = written()
    script.load("other:7b", size=9_000_000_000, size_vram=9_000_000_000)
    with serving(script) as server:
        yield script, machine(tmp_path, "consumer", 2, GPU_EXPORTER_OLLAMA_URL=server.url)


async def test_a_small_model_fits_beside_what_is_loaded(
    busy: tuple[WrittenOllama, dict[str, str]],
) -> None:
    async with exporter_process(**busy[1]) as exporter:
        await exporter.until("/ready")
        status, found = await ask(exporter, "?model=llama3.2:3b&context=4096")
        scrape = await exporter.until_scraped(lambda told: "ollama_headroom_free_bytes" in told)
    assert (status, found["verdict"]) == (200, "fits")
    assert found["summary"] == (
        "llama3.2:3b with 4096 tokens of context fits beside other:7b on card 0 "
        "(NVIDIA GeForce RTX 4080 SUPER)"
    )
    assert found["placement"]["room_bytes"] == FREE_BYTES - RESERVE
    assert found["ollama"]["loads_beside_others"] is True
    assert scrape["ollama_headroom_free_bytes"]["cards",] == FREE_BYTES - RESERVE
    assert scrape["ollama_headroom_free_bytes"]["host",] == HOST_KB * 1024 - 2**30
    assert scrape["ollama_headroom_expiring_bytes"]["cards",] == 9e9
    assert scrape["ollama_headroom_pinned_bytes"]["cards",] == 0


async def test_a_larger_one_fits_once_that_has_gone(
    busy: tuple[WrittenOllama, dict[str, str]],
) -> None:
    async with exporter_process(**busy[1]) as exporter:
        await exporter.until("/ready")
        _, found = await ask(exporter, "?model=llama3.1:8b&context=4096")
        busy[0].unload("other:7b")
        _, alone = await ask(exporter, "?model=llama3.1:8b&context=4096")
    assert found["verdict"] == "fits_after"
    assert found["placement"]["goes_first"] == ["other:7b"]
    assert found["summary"].endswith(
        "fits once other:7b has gone, in 5 min 0 s; asked now, Ollama unloads idle models for it"
    )
    # the card still says that it is in use: what Ollama has unloaded is free only when it says so
    assert alone["verdict"] == "fits_partly"
    assert 20 <= alone["placement"]["layers_on_cards"] < 32


async def test_one_that_is_too_large_fits_in_part(
    busy: tuple[WrittenOllama, dict[str, str]],
) -> None:
    async with exporter_process(**busy[1]) as exporter:
        await exporter.until("/ready")
        _, found = await ask(exporter, "?model=qwen3:30b&context=4096")
        _, long = await ask(exporter, "?model=qwen3:30b&context=262144")
    assert found["verdict"] == "fits_partly"
    placement = found["placement"]
    assert placement["layers"] == 48 and 0 < placement["layers_on_cards"] < 48
    assert placement["goes_first"] == ["other:7b"]
    assert long["verdict"] == "does_not_fit"


async def test_parts_of_a_card_are_places_and_the_roomiest_is_taken(tmp_path: Path) -> None:
    with serving(written()) as server:
        cards = machine(tmp_path, "datacentre", 0, GPU_EXPORTER_OLLAMA_URL=server.url)
        async with exporter_process(**cards) as exporter:
            await exporter.until("/ready")
            _, room = await ask(exporter)
            _, found = await ask(exporter, "?model=qwen3:30b&context=32768")
    first, *parts = [one["id"] for one in room["head_room"]["cards"]]
    assert first == "0" and len(parts) == 3 and all(part.startswith("1:") for part in parts)
    assert (found["verdict"], found["placement"]["places"]) == ("fits", ["0"])


async def test_without_an_ollama_it_says_so() -> None:
    async with exporter_process("--backend", "none") as exporter:
        await exporter.until("/ready")
        status, found = await ask(exporter, "?model=x")
    assert status == 503 and "gave no answer" in found["error"]


async def test_it_stays_at_its_post_while_many_ask(
    busy: tuple[WrittenOllama, dict[str, str]],
) -> None:
    async with exporter_process(**busy[1]) as exporter:
        await exporter.until("/ready")
        answers = await asyncio.gather(*(ask(exporter, "?model=llama3.2:3b") for _ in range(20)))
        assert await exporter.until("/live")
    assert {status for status, _ in answers} <= {200, 503}
    assert any(status == 200 for status, _ in answers)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


def load(engine: RunningEngine, tokens: int) -> int:
    """Load the model with so long a context; what it holds then."""
    body = {"model": MODEL, "options": {"num_ctx": tokens}, "stream": False, "prompt": "Hi"}
    body["options"]["num_predict"] = 1  # type: ignore[index]
    _post(engine, "/api/generate", body)
    with urllib.request.urlopen(f"{engine.url}/api/ps", timeout=WITHIN_SECONDS) as answer:
        (model,) = json.loads(answer.read())["models"]
    return int(model["size"])


def _post(engine: RunningEngine, path: str, body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    with urllib.request.urlopen(engine.url + path, data, timeout=WITHIN_SECONDS) as answer:
        answer.read()


@pytest.mark.parametrize("tokens", [2048, 8192])
async def test_what_is_reckoned_for_a_real_model_is_what_it_then_holds(
    engine: RunningEngine, tokens: int
) -> None:
    _post(engine, "/api/generate", {"model": MODEL, "keep_alive": 0})
    async with exporter_process(
        "--backend", "none", GPU_EXPORTER_OLLAMA_URL=engine.url
    ) as exporter:
        await exporter.until("/ready")
        _, before = await ask(exporter, f"?model={MODEL}&context={tokens}")
        held = load(engine, tokens)
        _, after = await ask(exporter, f"?model={MODEL}&context={tokens}")
        _, longer = await ask(exporter, f"?model={MODEL}&context=4096")
    assert before["verdict"] == "fits"
    assert before["need"]["bytes"] == pytest.approx(held, rel=0.05)
    assert after["summary"].endswith(f"with {tokens} tokens of context: it takes nothing more")
    assert longer["measured"]["corrects"] and abs(longer["measured"]["error_ratio"]) < 0.05


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack in front of a written Ollama, with the exporter."""
    with serving(written()) as server:
        wanted = {"OLLAMA_URL": server.url, "PROMETHEUS": "off", "GPU_EXPORTER_BACKEND": "none"}
        with stack_at(tmp_path_factory.mktemp("fit"), **wanted) as stack:
            stack.start()
            yield stack


def test_the_verb_says_it_in_lines_and_by_its_exit_code(running: Stack) -> None:
    done = running.command("fit", "--model=llama3.2:3b", "--context=256")
    assert done.returncode in (0, 1), done.stderr  # by what this machine has
    assert done.stdout.startswith("llama3.2:3b with 256 tokens of context ")
    assert "\nbecause:\n  it needs 2." in done.stdout
    assert "\nhead-room:\n  main memory: " in done.stdout


def test_the_verb_without_a_model_tells_head_room(running: Stack) -> None:
    done = running.command("fit", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["head_room"]["loaded"] == []


def test_the_verb_refuses_what_makes_no_sense(running: Stack) -> None:
    done = running.command("fit", "--model=llama3.2:3b", "--context=8k")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "context: expected a whole number from 1 to 16777216, found '8k'\n"
    done = running.command("fit", "--model=lama3.2")
    assert done.returncode == 2 and "did you mean" in done.stderr


def test_the_verb_says_where_nothing_runs(tmp_path: Path) -> None:
    with stack_at(tmp_path) as stack:
        done = stack.command("fit")
    assert (done.returncode, done.stderr) == (3, "not running: make start\n")


def test_make_hands_its_variables_on(running: Stack) -> None:
    done = subprocess.run(
        ["make", "fit", "MODEL=nobody's:1b", "CONTEXT=1024"],
        env=running.environment(),
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=WITHIN_SECONDS,
        check=False,
    )
    need("a checkout that is set up", "Error 3" not in done.stderr, done.stdout.strip())
    assert "Ollama has no model nobody's:1b" in done.stderr
    assert done.returncode == 2
