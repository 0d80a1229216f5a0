import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.docker.piped import PipedAsker
from stack.top.asking import SilentError
from stack.waiting import wait_until
from tests.answering import answering
from tests.ports import free_port

# what `docker exec` does, as far as we see: a program with our pipes at its ends
EXEC = """#!/bin/sh
echo $$ >>{folder}/pids
shift
exec {python} "$@"
"""


@contextlib.contextmanager
def asking(folder: Path, port: int, script: str = EXEC) -> Iterator[PipedAsker]:
    program = folder / "exec"
    program.write_text(script.format(folder=folder, python=sys.executable))
    program.chmod(0o755)
    environment = {"PATH": os.defpath}
    with contextlib.closing(
        PipedAsker("container proxy-1", (str(program),), environment, port)
    ) as asker:
        yield asker


def pids(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "pids").read_text().splitlines()]


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_one_process_answers_many_questions_byte_for_byte(tmp_path: Path) -> None:
    body = bytes(range(256)) * 1000
    with answering(200, body) as url, asking(tmp_path, port_of(url)) as asker:
        answers = [asker.get("/metrics") for _ in range(3)]
        assert {answer.body for answer in answers} == {body}
        assert answers[0].date is not None
        assert len(pids(tmp_path)) == 1
        assert asker.name == "container proxy-1"
    assert wait_until(lambda: is_gone(pids(tmp_path)[0]), 10)


def test_only_an_accepted_status_is_an_answer(tmp_path: Path) -> None:
    with answering(503, b"degraded") as url, asking(tmp_path, port_of(url)) as asker:
        assert asker.get("/health", (200, 503)).body == b"degraded"
        with pytest.raises(SilentError, match=r"^it answered 503 to GET /health$"):
            asker.get("/health")


def test_a_proxy_that_does_not_answer_is_asked_again_by_the_same_process(tmp_path: Path) -> None:
    port = free_port()
    with asking(tmp_path, port) as asker:
        for _ in range(2):
            with pytest.raises(SilentError, match="refused"):
                asker.get("/metrics")
        assert len(pids(tmp_path)) == 1


def test_a_process_that_ended_is_begun_again(tmp_path: Path) -> None:
    with answering(200, b"ok") as url, asking(tmp_path, port_of(url)) as asker:
        asker.get("/")
        os.kill(pids(tmp_path)[0], 9)
        with pytest.raises(SilentError, match="its container cannot be asked: "):
            asker.get("/")
        assert asker.get("/").body == b"ok"
        assert len(pids(tmp_path)) == 2


def test_it_ends_with_its_input_whoever_held_that(tmp_path: Path) -> None:
    with answering(200, b"ok") as url, asking(tmp_path, port_of(url)) as asker:
        asker.get("/")
        process = asker._process
        assert process is not None
        assert process.stdin is not None
        process.stdin.close()  # as when we are killed
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("#!/bin/sh\nexit 1\n", "its container cannot be asked"),
        ("#!/bin/sh\nread -r path\necho no such thing\n", "its container cannot be asked"),
        ("#!/bin/sh\nread -r path\necho 200 99999999999 x\n", "longer than 16 MiB"),
        ("#!/bin/sh\nread -r path\necho 200 9 x\n", "it has ended"),
    ],
)
def test_a_container_that_cannot_be_asked_is_silent(
    tmp_path: Path, script: str, sentence: str
) -> None:
    with asking(tmp_path, 1, script) as asker:
        for _ in range(2):
            begun = time.monotonic()
            with pytest.raises(SilentError, match=sentence):
                asker.get("/")
            assert time.monotonic() - begun < 10


def test_a_program_that_is_not_there_is_silent(tmp_path: Path) -> None:
    asker = PipedAsker("x", (str(tmp_path / "none"),), {})
    with pytest.raises(SilentError, match="its container cannot be asked"):
        asker.get("/")
