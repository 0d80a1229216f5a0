"""Who processes are to Ollama, by what /proc says of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpu_exporter.ollama.runners import Holder, Role, holder, is_server, sees_all
from tests.ollamas import BLOB

LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
FILE = f"/root/.ollama/models/blobs/sha256-{BLOB}"
SERVE = ("/bin/ollama", "serve")
OTHER = Holder(Role.OTHER)


class Processes:
    """A /proc with some processes."""

    def __init__(self, folder: Path) -> None:
        self.proc = folder
        self.write(1, ("/sbin/init",), parent=0)

    def write(self, pid: int, words: tuple[str, ...], parent: int = 1, name: str = "x") -> None:
        folder = self.proc / str(pid)
        folder.mkdir()
        command = "".join(f"{word}\0" for word in words)
        (folder / "cmdline").write_bytes(command.encode())
        (folder / "stat").write_text(f"{pid} ({name}) S {parent} 1 1 0 -1 4194560\n")

    def holder(self, pid: int) -> Holder | None:
        return holder(self.proc, pid)


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        ("/usr/local/bin/ollama", "runner", "--model", FILE, "--port", "37893"),
        ("/usr/local/bin/ollama", "runner", "--ollama-engine", "--model", FILE, "--port", "1"),
        ("ollama", "runner", "--ollama-engine", f"--model={FILE}"),
        ("/tmp/ollama1/runners/cuda_v12/ollama_llama_server", "--model", FILE),
    ],
)
def test_a_runner_of_ollama_s_own_is_one_wherever_it_runs(
    processes: Processes, words: tuple[str, ...]
) -> None:
    processes.write(7, words)
    assert processes.holder(7) == Holder(Role.RUNNER, BLOB)


@pytest.mark.parametrize("flag", ["--model", "-m"])
def test_a_llama_server_may_be_told_its_model_in_short(processes: Processes, flag: str) -> None:
    processes.write(20, SERVE)
    processes.write(21, ("llama-server", flag, FILE), parent=20)
    assert processes.holder(21) == Holder(Role.RUNNER, BLOB)


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        (SERVE, True),
        (("ollama", "start"), True),
        (("python3", "-m", "engine", "--port", "1"), True),
        (("ollama", "run", "serve"), False),
        (("ollama", "runner", "serve"), False),
        (("ollama",), False),
        (("python3", "-m", "engine.runner"), False),
        ((), False),
    ],
)
def test_who_answers_ollama_s_api_is_told_by_its_words(
    words: tuple[str, ...], answers: bool
) -> None:
    assert is_server(words) is answers


def test_a_llama_server_is_a_runner_where_ollama_started_it(processes: Processes) -> None:
    words = ("/usr/lib/ollama/llama-server", "--model", FILE, "--port", "1", "-c", "4096")
    processes.write(20, SERVE)
    processes.write(21, words, parent=20, name="llama-server")
    assert processes.holder(21) == Holder(Role.RUNNER, BLOB)


@pytest.mark.parametrize("parent", [1, 0, 999])
def test_a_llama_server_of_somebody_else_is_none(processes: Processes, parent: int) -> None:
    processes.write(21, ("/home/me/llama.cpp/llama-server", "--model", FILE), parent=parent)
    assert processes.holder(21) == OTHER


def test_a_name_full_of_brackets_does_not_hide_the_parent(processes: Processes) -> None:
    processes.write(20, SERVE)
    processes.write(21, ("llama-server", "--model", FILE), parent=20, name="a) S 1 (b")
    assert processes.holder(21) == Holder(Role.RUNNER, BLOB)


@pytest.mark.parametrize("stat", ["", "21 (x)", "21 (x) S", "21 (x) S not-a-number", "21 x"])
def test_a_parent_that_cannot_be_read_is_not_ollama(processes: Processes, stat: str) -> None:
    processes.write(21, ("llama-server", "--model", FILE))
    (processes.proc / "21" / "stat").write_text(stat)
    assert processes.holder(21) == OTHER


def test_a_model_process_of_the_embedded_engine_is_a_runner(processes: Processes) -> None:
    path = "/srv/models/smollm2@135m.gguf"
    processes.write(30, ("/usr/bin/python3", "-m", "engine"))
    processes.write(31, ("/usr/bin/python3", "-m", "engine.runner", "--model", path), parent=30)
    processes.write(32, ("/usr/bin/python3", "-m", "engine.runner", "--model", path), parent=1)
    found = processes.holder(31)
    assert found is not None
    assert (found.role, found.weights) == (Role.RUNNER, f"{path}:latest")
    assert processes.holder(30) == Holder(Role.OLLAMA)
    assert processes.holder(32) == OTHER


def test_mlx_names_its_model(processes: Processes) -> None:
    processes.write(7, ("/bin/ollama", "runner", "--mlx-engine", "--model", "Qwen3.5:27b"))
    assert processes.holder(7) == Holder(Role.RUNNER, "qwen3.5:27b")


@pytest.mark.parametrize("words", [("ollama", "runner"), ("ollama", "runner", "--model")])
def test_a_runner_without_a_model_has_no_weights(
    processes: Processes, words: tuple[str, ...]
) -> None:
    processes.write(7, words)
    assert processes.holder(7) == Holder(Role.RUNNER)


@pytest.mark.parametrize("words", [SERVE, ("ollama",), ("ollama", "run", "runner")])
def test_ollama_itself_is_no_runner(processes: Processes, words: tuple[str, ...]) -> None:
    processes.write(7, words)
    assert processes.holder(7) == Holder(Role.OLLAMA)


@pytest.mark.parametrize(
    "words",
    [
        ("/usr/lib/xorg/Xorg", ":0"),
        ("python3", "train.py", "--model", FILE),
        ("cat", "ollama", "runner"),
        ("ollama-exporter", "runner", "--model", FILE),
        ("\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),),
        (),  # ended, and not yet gone; or the kernel's own
    ],
)
def test_whoever_else_is_other(processes: Processes, words: tuple[str, ...]) -> None:
    processes.write(7, words)
    assert processes.holder(7) == OTHER


@pytest.mark.parametrize("pid", [8, 0, -1])
def test_a_process_that_is_not_there_is_nobody(processes: Processes, pid: int) -> None:
    assert processes.holder(pid) is None


def test_a_process_that_cannot_be_read_is_nobody(processes: Processes) -> None:
    (processes.proc / "7" / "cmdline").mkdir(parents=True)
    assert processes.holder(7) is None


@LINUX
def test_real_processes_are_told_apart() -> None:
    proc = Path("/proc")
    command = [sys.executable, "-c", "input()", "llama-server", "--model", FILE]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        assert holder(proc, child.pid) == OTHER
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert holder(proc, child.pid) == OTHER  # a zombie
    assert holder(proc, child.pid) is None


@LINUX
def test_a_real_child_of_an_ollama_is_its_runner(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys\n"
        f"words = ['/usr/lib/ollama/llama-server', '-c', 'print(1, flush=True); input()', "
        f"'--model', {FILE!r}]\n"
        f"child = subprocess.Popen(words, executable={sys.executable!r})\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    words = ["/bin/ollama", "-c", script]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, executable=sys.executable, text=True, stdin=pipe, stdout=pipe
    ) as parent:
        assert parent.stdout is not None
        said = {int(parent.stdout.readline()), int(parent.stdout.readline())}
        (pid,) = said - {1}
        found = holder(Path("/proc"), pid)
        parent.communicate("\n")
    assert found == Holder(Role.RUNNER, BLOB)


def test_the_machine_s_own_namespace_is_told_by_its_number(tmp_path: Path) -> None:
    assert not sees_all(tmp_path)
    link = tmp_path / "self" / "ns" / "pid"
    link.parent.mkdir(parents=True)
    link.symlink_to("pid:[4026531836]")
    assert sees_all(tmp_path)
    link.unlink()
    link.symlink_to("pid:[4026532297]")
    assert not sees_all(tmp_path)
