"""Processes as /proc tells them, and as psutil does."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gpu_exporter.machine.processes import Asked, Processes, ProcFiles, processes
from stack.waiting import wait_until
from tests.fakes.impostor import impostor
from tests.proctrees import ProcTree, need_linux

CEILING_SECONDS = 20.0
SLEEPER = [sys.executable, "-c", "input()", "--flag", "a b"]


@pytest.fixture
def tree(tmp_path: Path) -> ProcTree:
    return ProcTree(tmp_path)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        SLEEPER, stdin=subprocess.PIPE, env={"HERE": "it is", "EMPTY": ""}
    ) as process:
        yield process
        process.kill()


def readers() -> list[Processes]:
    return [Asked(), *([ProcFiles(Path("/proc"))] if Path("/proc/self/stat").exists() else [])]


READERS = pytest.mark.parametrize("seen", readers(), ids=lambda seen: type(seen).__name__)


def test_a_process_is_read_from_its_files(tree: ProcTree) -> None:
    tree.write(7, ("ollama", "serve", ""), parent=5, environment={"A": "1", "B": "2"}, started=99)
    seen = ProcFiles(tree.proc)
    assert sorted(seen.numbers()) == [1, 7]
    assert seen.words(7) == ["ollama", "serve"]
    assert (seen.parent(7), seen.started(7)) == (5, 99.0)
    assert seen.environment(7) == b"A=1\0B=2\0"
    assert seen.where == str(tree.proc)


def test_an_environment_that_may_not_be_read_is_not_an_empty_one(tree: ProcTree) -> None:
    tree.write(7, ("ollama", "serve"))
    tree.write(8, ("ollama", "serve"), environment={})
    seen = ProcFiles(tree.proc)
    assert (seen.environment(7), seen.environment(8)) == (None, b"")


def test_what_is_cut_at_the_limit_is_left_out(tree: ProcTree) -> None:
    words = ("ollama", "runner", "--ctx-size", "8192", "x" * 16_000, "--parallel", "16" * 400)
    long = {"A": "1", "FILL": "x" * (256 * 1024 - 20), "OLLAMA_NUM_PARALLEL": "16"}
    tree.write(7, words, environment=long)
    seen = ProcFiles(tree.proc)
    assert seen.words(7) == list(words[:-1])
    assert seen.environment(7) == f"A=1\0FILL={long['FILL']}\0".encode()
    tree.write(8, ("x" * 20_000,), environment={"A": "x" * 300_000})
    assert (seen.words(8), seen.environment(8)) == ([], b"")


@READERS
def test_an_environment_may_hold_any_bytes(seen: Processes) -> None:
    need_linux()
    with subprocess.Popen(
        SLEEPER, stdin=subprocess.PIPE, env={b"BAD": b"a\xffb", b"OLLAMA_HOST": b":1"}
    ) as process:
        try:
            # while it becomes another program it has none for a moment
            assert wait_until(lambda: bool(seen.environment(process.pid)), CEILING_SECONDS)
            block = seen.environment(process.pid)
        finally:
            process.kill()
    assert block is not None and b"BAD=a\xffb" in block.split(b"\0")


@pytest.mark.parametrize("stat", ["", "7 (x)", "7 (x) S", "7 (x) S no 1", "7 x"])
def test_of_what_does_not_say_it_nothing_is_known(tree: ProcTree, stat: str) -> None:
    tree.write(7, ())
    (tree.proc / "7" / "stat").write_text(stat)
    seen = ProcFiles(tree.proc)
    assert (seen.words(7), seen.parent(7), seen.started(7)) == ([], 0, 0.0)


def test_where_there_is_no_proc_there_are_no_processes(tmp_path: Path) -> None:
    assert list(ProcFiles(tmp_path / "none").numbers()) == []


@READERS
def test_a_real_process_is_seen(seen: Processes, child: subprocess.Popen[bytes]) -> None:
    assert child.pid in set(seen.numbers())
    deadline = time.monotonic() + 10
    while seen.words(child.pid) != SLEEPER:  # until the program is there that was asked for
        assert time.monotonic() < deadline
    assert seen.parent(child.pid) == os.getpid()
    block = seen.environment(child.pid)
    assert block is not None
    assert {b"HERE=it is", b"EMPTY="} <= set(block.split(b"\0"))
    assert 0 < seen.started(os.getpid()) <= seen.started(child.pid)


@READERS
def test_a_process_that_has_ended_has_no_words(
    seen: Processes, child: subprocess.Popen[bytes]
) -> None:
    child.kill()
    if hasattr(os, "waitid"):
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not seen.words(child.pid)
    child.wait()
    assert seen.words(child.pid) is None
    assert (seen.parent(child.pid), seen.started(child.pid)) == (0, 0.0)
    assert seen.environment(child.pid) is None


def test_linux_tells_by_files_and_others_are_asked(tmp_path: Path) -> None:
    assert isinstance(processes(tmp_path), ProcFiles if psutil.LINUX else Asked)


def test_an_environment_that_is_closed_to_us_is_not_readable() -> None:
    need_linux()
    with impostor(("ollama", "serve"), {"A": "1"}, is_closed=True) as ollama:
        try:
            Path(f"/proc/{ollama.pid}/environ").read_bytes()
        except PermissionError:
            seen = ProcFiles(Path("/proc"))
            assert seen.environment(ollama.pid) is None
            assert seen.words(ollama.pid) == ["ollama", "serve"]
        else:
            pytest.skip("this user may read every environment, as root does")
