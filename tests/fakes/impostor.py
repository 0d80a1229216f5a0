"""Real processes that look like others: each writes the words it is to have over its own.

`ps` and /proc show them, with the environment that they were really started with. For an Ollama and
its runners where none is installed. Linux only.
"""

import contextlib
import ctypes
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_ROOM_CHARACTERS = 4096
"""Of a command line: no longer one can be written over it."""
_PR_SET_DUMPABLE = 4
"""Source: prctl(2)."""


@dataclass(frozen=True, slots=True)
class Impostor:
    """A process, and the one that it started, if it was told to."""

    pid: int
    child: int | None


@contextlib.contextmanager
def impostor(
    words: Sequence[str],
    environment: Mapping[str, str],
    child: Sequence[str] = (),
    is_closed: bool = False,
) -> Iterator[Impostor]:
    """A process with these words and no other variables; `child` are those of one it starts.

    Both end with the block, and with who started them. `is_closed`: only root may read their
    environment, as of a process of somebody else's.
    """
    told = json.dumps({"words": list(words), "child": list(child), "is_closed": is_closed})
    with subprocess.Popen(
        _command(),
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(f"{told}\n")
            process.stdin.flush()
            yield Impostor(process.pid, json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()
            process.wait(10)


def _command() -> list[str]:
    return [sys.executable, __file__, "." * _ROOM_CHARACTERS]


def _rename(words: Sequence[str]) -> None:
    """Write over our own command line. Source: proc_pid_stat(5), arg_start and arg_end."""
    line = Path("/proc/self/stat").read_text(encoding="utf-8")
    fields = line.rpartition(")")[2].split()
    start, end = int(fields[45]), int(fields[46])
    wanted = b"".join(word.encode() + b"\0" for word in words)
    assert len(wanted) < end - start
    ctypes.memmove(start, wanted.ljust(end - start, b"\0"), end - start)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _main() -> None:
    told = json.loads(sys.stdin.readline())
    _rename(told["words"])
    if told["is_closed"]:
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if not told["child"]:
        _say("null")
        sys.stdin.read()
        return
    with subprocess.Popen(_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        document = json.dumps({**told, "words": told["child"], "child": []})
        process.stdin.write(f"{document}\n".encode())
        process.stdin.flush()
        process.stdout.readline()
        _say(str(process.pid))
        sys.stdin.read()
        process.stdin.close()


if __name__ == "__main__":
    _main()
