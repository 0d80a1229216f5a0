"""The process that holds one model: llama.cpp's own HTTP server on a Unix socket.

Says one line on standard output, `ready` or `failed: <sentence>`. Ends when standard input
ends, which is how it learns of its parent's death on every system.
"""

import argparse
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

LIBGOMP = "libgomp.so.1"
READY = "ready"
FAILED = "failed: "


class LoadError(Exception):
    """The model cannot be loaded; the message is a sentence for an operator."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m engine.runner", description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--socket", required=True)
    parser.add_argument("--library-dir", type=Path)
    parser.add_argument("--last-pooling", action="store_true")
    for name in ("context-tokens", "parallel", "threads", "batch-tokens", "gpu-layers"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return parser.parse_args(argv)


def import_llama(library_dir: Path | None) -> Any:
    """The binding to llama.cpp, with libgomp from `library_dir` when it holds one."""
    own = library_dir / LIBGOMP if library_dir is not None else None
    try:
        if own is not None and own.is_file():
            ctypes.CDLL(str(own), mode=ctypes.RTLD_GLOBAL)
        import xllamacpp
    except (ImportError, OSError) as error:
        hint = (
            f" (install the package libgomp1, or set ENGINE_LIBRARY_DIR to a folder with {LIBGOMP})"
            if LIBGOMP in str(error)
            else ""
        )
        raise LoadError(f"llama.cpp cannot be loaded: {error}{hint}") from error
    return xllamacpp


def load(arguments: argparse.Namespace) -> Any:
    """Load the model and serve it; the server lives as long as what is returned."""
    llama = import_llama(arguments.library_dir)
    params = llama.CommonParams()
    params.model.path = arguments.model
    params.n_parallel = arguments.parallel
    params.n_ctx = arguments.context_tokens * arguments.parallel
    params.n_batch = params.n_ubatch = arguments.batch_tokens
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = arguments.threads
    params.n_gpu_layers = arguments.gpu_layers
    params.embedding = True
    if arguments.last_pooling:
        params.pooling_type = llama.llama_pooling_type.LLAMA_POOLING_TYPE_LAST
    params.cache_ram_mib = 0  # prompts of earlier requests would pile up in memory
    params.verbosity = -1  # llama.cpp logs prompts at higher levels
    params.warmup = False
    params.ui = False
    params.endpoint_slots = False
    params.hostnames = [arguments.socket]
    try:
        return llama.Server(params)
    except (RuntimeError, ValueError) as error:
        hint = "the file may be truncated or of a kind unknown here"
        raise LoadError(f"{arguments.model} cannot be loaded ({hint}): {error}") from error


def clear(socket: Path) -> None:
    """Remove the socket and its directory: a parent that was killed cannot."""
    with contextlib.suppress(OSError):
        socket.unlink(missing_ok=True)
        socket.parent.rmdir()


def main(argv: Sequence[str], said: IO[str]) -> int:
    """Load, say so on `said`, and stay until standard input ends."""
    arguments = parse(argv)
    try:
        server = load(arguments)
    except LoadError as error:
        said.write(f"{FAILED}{error}\n".replace("\n", " ").strip() + "\n")
        said.flush()
        return 1
    said.write(f"{READY}\n")
    said.flush()
    sys.stdin.buffer.read()
    del server
    clear(Path(arguments.socket))
    return 0


if __name__ == "__main__":
    # Ctrl-C reaches the whole terminal: the engine drains first, then ends us
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # llama.cpp may print to descriptor 1: keep that for us, and send the rest to standard error
    own_output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    code = main(sys.argv[1:], own_output)
    os._exit(code)  # the server's threads may be at work: there is nothing to wait for
