import io
from pathlib import Path

import pytest

from engine import runner
from engine.child import Spec
from engine.options import Placement

SPEC = Spec(
    path=Path("m.gguf"),
    placement=Placement(context_tokens=128, threads=2, batch_tokens=64),
    parallel=3,
    last_pooling=True,
    library_dir=Path("lib"),
    timeout_seconds=1.0,
)


def test_the_runner_reads_what_the_engine_writes() -> None:
    read = runner.parse(SPEC.arguments(Path("s.sock")))
    assert (read.model, read.socket, read.library_dir) == ("m.gguf", "s.sock", Path("lib"))
    assert (read.context_tokens, read.parallel, read.threads) == (128, 3, 2)
    assert (read.batch_tokens, read.gpu_layers, read.last_pooling) == (64, 0, True)


def test_a_library_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    (tmp_path / runner.LIBGOMP).write_bytes(b"not a library")
    with pytest.raises(runner.LoadError, match="libgomp1"):
        runner.import_llama(tmp_path)


def test_a_failure_to_load_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / runner.LIBGOMP).write_bytes(b"not a library")
    said = io.StringIO()
    spec = SPEC.arguments(tmp_path / "s.sock")
    spec[spec.index("--library-dir") + 1] = str(tmp_path)
    assert runner.main(spec, said) == 1
    assert said.getvalue().startswith(runner.FAILED)
    assert said.getvalue().count("\n") == 1


def test_the_socket_is_removed_with_its_directory(tmp_path: Path) -> None:
    socket = tmp_path / "private" / "m.sock"
    socket.parent.mkdir()
    socket.touch()
    runner.clear(socket)
    assert not socket.parent.exists()
    runner.clear(socket)
