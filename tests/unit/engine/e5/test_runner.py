"""The model's process: its server in this process with the real model, its start and its end."""

import asyncio
import base64
import contextlib
import io
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import runner as llama_runner
from engine.child import Spec, private_directory
from engine.child import start as start_child
from engine.e5 import asking, runner
from engine.e5.binding import E5
from engine.errors import TOO_LONG, StreamError
from engine.options import Placement
from tests import e5_files
from tests.waiting import until

LIMIT = 512


def spec(path: Path) -> Spec:
    return Spec(
        path=path,
        placement=Placement(LIMIT, threads=1, batch_tokens=LIMIT),
        parallel=1,
        last_pooling=False,
        library_dir=None,
        timeout_seconds=10.0,
        module="engine.e5.runner",
    )


class Counting(E5):
    """The real model, which counts what it was asked; `gate` holds it before each text."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.begun = 0
        self.gate = threading.Semaphore(0)

    def embed(self, text: str, limit: int, *, cuts: bool = True) -> tuple[bytes, int]:
        self.begun += 1
        assert self.gate.acquire(timeout=10)
        return super().embed(text, limit, cuts=cuts)


@contextlib.contextmanager
def serving(model: E5, parallel: int = 1) -> Iterator[Path]:
    path = private_directory() / "m.sock"
    server = runner.Server(str(path), model, parallel)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield path
    server.shutdown()
    server.server_close()
    thread.join()
    llama_runner.clear(path)


def sent(path: Path, texts: list[str]) -> socket.socket:
    body = json.dumps({"texts": texts, "limit": LIMIT, "truncate": True}).encode()
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(10)
    connection.connect(str(path))
    connection.sendall(b"POST /embed HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    return connection


def received(connection: socket.socket) -> Any:
    with connection, connection.makefile("rb") as file:
        lines = list(iter(file.readline, b"\r\n"))
        (length,) = (int(x.split()[1]) for x in lines if x.startswith(b"Content-Length"))
        return json.loads(file.read(length))


async def test_a_process_answers_with_the_vectors_of_its_model() -> None:
    path = e5_files.real_weights()
    child = await start_child(spec(path))
    try:
        vectors, tokens = await asking.embed(child, ["the sky", "the sea"], LIMIT, truncate=True)
        model = E5(path)
        wanted = [model.embed(text, LIMIT) for text in ("the sky", "the sea")]
        assert vectors == [memoryview(packed).cast("f").tolist() for packed, _ in wanted]
        assert tokens == sum(count for _, count in wanted)
        assert child.memory_bytes() > 10_000_000
        with pytest.raises(StreamError) as caught:
            await asking.embed(child, ["word " * 600], LIMIT, truncate=False)
        assert (caught.value.status, caught.value.message) == (400, TOO_LONG)
    finally:
        await child.stop()


async def test_a_client_that_leaves_ends_the_work_before_the_next_text() -> None:
    model = Counting(e5_files.real_weights())
    with serving(model) as path:
        leaving = sent(path, ["one", "two", "three"])
        await until(lambda: model.begun == 1)
        leaving.close()
        other = sent(path, ["four"])
        model.gate.release(2)
        answer = await asyncio.to_thread(received, other)
    assert answer["tokens"] == 3
    assert model.begun == 2, "two and three were left"


async def test_no_more_texts_are_computed_at_a_time_than_there_are_places() -> None:
    model = Counting(e5_files.real_weights())
    with serving(model, parallel=2) as path:
        waiting = [sent(path, [f"text {at}"]) for at in range(3)]
        await until(lambda: model.begun == 2)
        model.gate.release()
        await until(lambda: model.begun == 3)
        model.gate.release(2)
        answers = [await asyncio.to_thread(received, connection) for connection in waiting]
    assert len({answer["vectors"] for answer in answers}) == 3
    assert {len(base64.b64decode(answer["vectors"])) for answer in answers} == {4 * 384}


def test_a_failure_to_load_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "w.bin"
    path.write_bytes(b"nothing")
    said = io.StringIO()
    assert runner.main(spec(path).arguments(tmp_path / "m.sock"), said) == 1
    assert said.getvalue().startswith(f"{llama_runner.FAILED}{path} cannot be loaded")
    assert said.getvalue().count("\n") == 1


def test_a_socket_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    said = io.StringIO()
    nowhere = tmp_path / "none" / "m.sock"
    assert runner.main(spec(e5_files.real_weights()).arguments(nowhere), said) == 1
    assert str(nowhere) in said.getvalue()
