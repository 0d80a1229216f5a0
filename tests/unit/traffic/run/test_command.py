"""What a run needs is there before the first question; a plan can be seen without a server.

What can be wrong is in test_refusals.py.
"""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.server import ScriptedServer
from tests.unit.traffic.bank.test_loading import write_bank
from tests.unit.traffic.test_settings import settings
from tests.unit.traffic.worker.test_session import Ollama
from traffic.results.results import load
from traffic.run.command import main, prepare


def test_what_a_run_needs_is_read_before_it(tmp_path: Path) -> None:
    slo = tmp_path / "slo.yaml"
    slo.write_text("run: {error_ratio: 0.1}")
    found = prepare(settings(slo=slo, results_directory=tmp_path / "results"))
    assert len(found.plan.questions) == 10
    assert found.slo is not None
    assert found.slo.run.error_ratio == 0.1
    assert list((tmp_path / "results").iterdir()) == []


async def test_where_no_model_is_named_the_one_that_is_there_is_asked() -> None:
    async with ScriptedServer(Ollama()) as server:
        told = settings(base_url=server.url, model="auto")
        found = await asyncio.to_thread(prepare, told)
    assert (found.settings.model, found.plan.models) == ("m:1b", ("m:1b",))


def test_a_dry_run_asks_no_server_for_its_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dry-run", "--model", "auto", "--base-url", "http://127.0.0.1:9"]) == 0
    assert "auto" in capsys.readouterr().out


def test_a_dry_run_of_a_recording_shows_its_models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_text('{"at_seconds": 0, "prompt_tokens": 9, "generated_tokens": 2, "model": "m"}\n')
    told = ["--dry-run", "--model", "auto", "--preset", "replay", "--trace", str(trace)]
    assert main(told) == 0
    assert "auto" not in capsys.readouterr().out


def test_a_dry_run_shows_the_plan_and_leaves_no_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dry-run", "--results-directory", str(tmp_path / "results")]) == 0
    assert "10 in " in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_shows_the_hash_of_the_run_that_it_is_instead_of(tmp_path: Path) -> None:
    bank = write_bank(tmp_path)
    for preset in ("demo", "continuous"):
        first, second = (
            prepare(settings(preset=preset, questions_directory=bank, dry_run=is_dry)).plan.sha256
            for is_dry in (True, False)
        )
        assert first == second


INTERRUPTED = """
import io, os, signal, sys
from traffic.run.command import main

class Interrupting(io.StringIO):
    def write(self, text):
        if not self.tell():
            os.kill(os.getpid(), signal.SIGINT)
        return super().write(text)

sys.stdout = Interrupting()
sys.exit(main(sys.argv[1:]))
"""


async def test_results_are_written_though_a_signal_comes_while_they_are(tmp_path: Path) -> None:
    ollama = Ollama()
    ollama.gate.set()
    async with ScriptedServer(ollama) as server, asyncio.timeout(60):
        told = {
            "base-url": server.url,
            "model": "m:1b",
            "questions-directory": write_bank(tmp_path),
            "results-directory": tmp_path / "results",
        }
        flags = [word for name, value in told.items() for word in (f"--{name}", str(value))]
        running = await asyncio.create_subprocess_exec(sys.executable, "-c", INTERRUPTED, *flags)
        assert await running.wait() == 128 + signal.SIGINT
    (folder,) = (tmp_path / "results").iterdir()
    assert load(folder).summary.ok == 10


def test_help_is_printed_and_nothing_else_happens(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--preset", "nonsense", "--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: python -m traffic")


def test_neither_a_run_nor_its_share_imports_a_web_server() -> None:
    program = (
        "import sys, traffic.run.command, traffic.sharding.share;"
        "traffic.run.command.main(['--dry-run']);"
        "print(*sorted({'fastapi', 'prometheus_client', 'uvicorn'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert "10 in " in done.stdout
    assert done.stdout.splitlines()[-1] == ""
