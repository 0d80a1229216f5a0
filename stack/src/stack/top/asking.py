"""Asks a part over HTTP, on one connection that is kept: a new one a second is dear on a slow line.

Of an answer that trickles, or never ends, no more is waited for than of one that does not come.
"""

import contextlib
import http.client
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote, urlsplit

from ollama_observe.service.addresses import without_credentials

WITHIN_SECONDS = 3.0
MOST_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 65_536
_OK = (HTTPStatus.OK,)
_GRACE_SECONDS = 0.1
"""By which a connection is cut later than a single read of it is given up."""


class SilentError(Exception):
    """There is no answer that can be used; the message says why, for the operator."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. `date` is when it was given by the other's clock, as Unix time, if it tells."""

    status: int
    body: bytes
    date: float | None = None


class Asker(Protocol):
    """A way to ask one part. `name` is where it is, as it may be shown."""

    @property
    def name(self) -> str:
        """Where it is, as it may be shown."""

    def get(self, path: str, accepted: Collection[int] = _OK) -> Answer:
        """GET a path. Raises: SilentError where there is no answer of an accepted status."""

    def close(self) -> None:
        """Ask no more, for now."""


class HttpAsker:
    """Asks at an address. For one thread."""

    def __init__(self, url: str, within_seconds: float = WITHIN_SECONDS) -> None:
        parts = urlsplit(url)
        self.name = without_credentials(url)
        self._within_seconds = within_seconds
        self._prefix = parts.path.rstrip("/")
        self._headers = {"Accept": "*/*"}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        is_secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=within_seconds)

    def get(self, path: str, accepted: Collection[int] = _OK) -> Answer:
        """GET a path. Raises: SilentError where there is no answer of an accepted status."""
        # one that was idle may have been closed by the other side: then a new one, once
        is_idle = self._connection.sock is not None
        try:
            answer = self._asked(path)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            if not is_idle or isinstance(error, TimeoutError):
                raise SilentError(self._in_words(error)) from error
            return self.get(path, accepted)
        if answer.status not in accepted:
            raise SilentError(f"it answered {answer.status} to GET {path.partition('?')[0]}")
        return answer

    def close(self) -> None:
        """Ask no more, for now."""
        self._connection.close()

    def _asked(self, path: str) -> Answer:
        until = time.monotonic() + self._within_seconds
        if self._connection.sock is None:
            self._connection.connect()
        try:
            with _cut_at(until, self._connection.sock):
                self._connection.request("GET", f"{self._prefix}{path}", headers=self._headers)
                with self._connection.getresponse() as response:
                    body = _whole(response, until)
        except (OSError, http.client.HTTPException) as error:
            if time.monotonic() > until:  # what is cut may look like what was closed
                raise TimeoutError from error
            raise
        return Answer(response.status, body, unix_time(response.getheader("Date")))

    def _in_words(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer within {self._within_seconds:g} s"
        if isinstance(error, ConnectionRefusedError):
            return "connection refused"
        if isinstance(error, socket.gaierror):
            return "nobody knows the name"
        if isinstance(error, ConnectionError):  # of no answer at all it is both this and the next
            return "it closed the connection"
        if isinstance(error, http.client.HTTPException):
            return "what answers there does not speak HTTP"
        return (error.strerror if isinstance(error, OSError) else str(error)) or repr(error)


@contextlib.contextmanager
def _cut_at(until: float, connection: socket.socket) -> Iterator[None]:
    """Cut a connection if the block takes longer: its time-out bounds each read, and not all."""

    def cut() -> None:
        with contextlib.suppress(OSError):  # it is closed already
            # not the method of a TLS socket, which takes its state from who reads
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, until - time.monotonic()) + _GRACE_SECONDS, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _whole(response: http.client.HTTPResponse, until: float) -> bytes:
    """A body to its end.

    Raises: TimeoutError where that is later, ConnectionError where it does not come, ValueError of
    a body that is too long.
    """
    pieces, size = list[bytes](), 0
    while piece := response.read1(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise ValueError(f"its answer is longer than {MOST_BYTES // 2**20} MiB")
        if time.monotonic() > until:
            raise TimeoutError
    if time.monotonic() > until:
        raise TimeoutError
    if response.length:
        raise ConnectionResetError
    return b"".join(pieces)


def unix_time(date: str | None) -> float | None:
    """The instant of a Date header; None where there is none that can be read."""
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return parsedate_to_datetime(date).timestamp() if date else None
    return None
