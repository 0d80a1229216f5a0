"""Asks a proxy inside its container, by a small process there that lives as long as it is asked.

Behind the one published port any of several proxies may answer. A process for each question would
cost more than the answers. It ends when its standard input does, however we end.
"""

import contextlib
import os
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus

from ollama_observe.service.readable import readable
from stack.top.asking import MOST_BYTES, WITHIN_SECONDS, Answer, SilentError, unix_time

_OK = (HTTPStatus.OK,)
_BEGINS_WITHIN_SECONDS = 10.0
"""A Python in the container, on a busy machine."""

ASKS = """
import http.client, sys
to = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=float(sys.argv[2]))
for path in sys.stdin:
    try:
        to.request("GET", path.strip())
        answer = to.getresponse()
        status, body, date = answer.status, answer.read(), answer.getheader("Date") or ""
    except (OSError, http.client.HTTPException) as error:
        to.close()
        status, body, date = 0, (str(error) or type(error).__name__).encode(), ""
    sys.stdout.buffer.write(b"%d %d %s\\n" % (status, len(body), date.encode()) + body)
    sys.stdout.buffer.flush()
"""
"""What runs there: a path a line, and for each its status, length, date and body."""


class PipedAsker:
    """Asks by what `command` starts, with `ASKS` and its words after it. For one thread."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], port: int = 8001
    ) -> None:
        self.name = name
        self._command = (*command, "python", "-u", "-c", ASKS, str(port), f"{WITHIN_SECONDS:g}")
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def get(self, path: str, accepted: Collection[int] = _OK) -> Answer:
        """GET a path. Raises: SilentError where there is no answer of an accepted status."""
        try:
            answer = self._asked(path)
        except (OSError, ValueError) as error:
            self.close()
            raise SilentError(f"its container cannot be asked: {error}") from error
        if answer.status == 0:
            raise SilentError(answer.body.decode(errors="replace"))
        if answer.status not in accepted:
            raise SilentError(f"it answered {answer.status} to GET {path}")
        return answer

    def close(self) -> None:
        """Ask no more, for now."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close() if pipe else None
        process.terminate()
        process.wait()

    def _asked(self, path: str) -> Answer:
        within = WITHIN_SECONDS
        if self._process is None:
            within += _BEGINS_WITHIN_SECONDS
            self._process = self._begun()
        assert self._process.stdin is not None
        self._process.stdin.write(f"{path}\n".encode())
        self._process.stdin.flush()
        return self._answer(time.monotonic() + within)

    def _begun(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # what is typed at our terminal is not for it
            start_new_session=True,
        )

    def _answer(self, until: float) -> Answer:
        data = b""
        while b"\n" not in data:
            data += self._more(until)
        head, _, body = data.partition(b"\n")
        status, length, date = head.decode().split(" ", 2)
        if int(length) > MOST_BYTES:
            raise ValueError(f"its answer is longer than {MOST_BYTES // 2**20} MiB")
        pieces, left = [body], int(length) - len(body)
        while left > 0:
            pieces.append(self._more(until))
            left -= len(pieces[-1])
        return Answer(int(status), b"".join(pieces), unix_time(date))

    def _more(self, until: float) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        if not readable([pipe], until - time.monotonic()):
            raise TimeoutError("no answer in time")
        piece = os.read(pipe, 65_536)
        if not piece:
            raise ConnectionError("it has ended")
        return piece
