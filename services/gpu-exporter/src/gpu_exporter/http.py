"""Asks a server over HTTP, one question at a time, each within its time.

What a caller may tell apart:

    HttpError
    ├── NoAnswerError     nothing answers: not there, not reachable, too slow
    └── WrongAnswerError  something answers, but not as it should
"""

import contextlib
import functools
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx2

from ollama_observe import __version__
from ollama_observe.service.addresses import is_http_url, without_credentials

ANSWER_LIMIT_BYTES = 8 * 1024 * 1024

_CONNECT_SECONDS = 1.0

# Longer than the usual interval between two turns, so that the connection is kept.
_KEPT_SECONDS = 60.0

_GRACE_SECONDS = 0.1
"""By which a connection is cut later than a single read of it is given up."""

_OPENED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})
"""Steps of httpx2 after which there is another connection."""

_DIED = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)
"""What a kept connection may do that the other side has just closed."""


class HttpError(Exception):
    """No answer that can be used; the message is a sentence, without credentials."""


class NoAnswerError(HttpError):
    """Nothing answers."""


class WrongAnswerError(HttpError):
    """Something answers, but not as it should."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer. `date` is Unix time in seconds by the clock of who answered, in
    whole seconds; None: not told.
    """

    body: bytes
    date: float | None


class HttpClient:
    """One connection to a server, kept between turns. Used by one thread.

    `url` may hold a user and a password, and a path that comes before those that are asked for.
    `who` is the server in words, `clock` is monotonic. Units: `turn_seconds` is what all questions
    of a turn take together, the look-up of a name and the beginning of TLS aside.
    """

    def __init__(
        self,
        url: str,
        who: str,
        turn_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.address = without_credentials(url).rstrip("/")
        """Where the server is asked, as it may be shown."""
        self._who = who
        self._turn_seconds = turn_seconds
        self._clock = clock
        self._http = _open_http(self.address, _user(url))
        self._connection = _Connection()

    def deadline(self) -> float:
        """The instant by which a turn that begins now is to be over."""
        return self._clock() + self._turn_seconds

    def ask(self, path: str, until: float, question: object = None) -> Answer:
        """Get a path, or post a question there, until the instant of a deadline.

        Raises: HttpError.
        """
        try:
            return self._ask(path, until, question)
        except httpx2.TimeoutException as error:
            raise NoAnswerError(
                f"{self.address} gave no answer within {self._turn_seconds:g} s"
            ) from error
        except httpx2.TransportError as error:
            reason = str(error) or type(error).__name__
            raise NoAnswerError(f"{self.address} gave no answer: {reason}") from error
        except httpx2.HTTPError as error:
            raise self.wrong(f"what cannot be read ({type(error).__name__})", path) from error

    def wrong(self, answer: str, path: str) -> WrongAnswerError:
        """The error that an answer to a path is, in words."""
        return WrongAnswerError(
            f"{self.address} answered {answer} to {path}, not as {self._who} does"
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _ask(self, path: str, until: float, question: object) -> Answer:
        try:
            return self._ask_once(path, until, question)
        except _DIED:
            # the connection may have been closed while nothing was asked: a new one tells
            return self._ask_once(path, until, question)

    def _ask_once(self, path: str, until: float, question: object) -> Answer:
        remaining = until - self._clock()
        if remaining <= 0:
            raise httpx2.ReadTimeout("")
        method = "GET" if question is None else "POST"
        timeout = httpx2.Timeout(remaining, connect=min(_CONNECT_SECONDS, remaining))
        told = {"trace": self._connection.trace}
        with (
            self._connection.cut_after(remaining + _GRACE_SECONDS),
            self._http.stream(
                method, path, json=question, timeout=timeout, extensions=told
            ) as response,
        ):
            if response.status_code != httpx2.codes.OK:
                raise self.wrong(str(response.status_code), path)
            body = bytearray()
            for piece in self._pieces(response, until):
                body += piece
                if len(body) > ANSWER_LIMIT_BYTES:
                    raise self.wrong(f"more than {ANSWER_LIMIT_BYTES} bytes", path)
            return Answer(bytes(body), _date(response.headers.get("date", "")))

    def _pieces(self, response: httpx2.Response, until: float) -> Iterator[bytes]:
        # the end is to come in time, too: that of a connection that was cut may look the same
        for piece in chain(response.iter_bytes(), [b""]):
            if self._clock() > until:
                raise httpx2.ReadTimeout("")
            yield piece


class _Connection:
    """The connection that is open, to be cut at an instant.

    httpx2 bounds each read, and not all together: the head of an answer may come byte by byte.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._is_late = False

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Learn of a new connection: what httpx2 calls at each step of a question."""
        if event in _OPENED:
            self._socket = info["return_value"].get_extra_info("socket")
            if self._is_late:
                self._cut()

    @contextlib.contextmanager
    def cut_after(self, seconds: float) -> Iterator[None]:
        """Cut the connection if the block takes longer: what it reads then ends, or fails."""
        self._is_late = False
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _cut(self) -> None:
        """Called in a thread of its own: shuts down the connection, and leaves it to be closed."""
        self._is_late = True
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it is closed already
                # not the method of a TLS socket, which takes its state from who reads
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def can_be_asked(url: str) -> bool:
    """Whether an HttpClient can be made for an address."""
    try:
        httpx2.URL(url)
    except httpx2.InvalidURL:
        return False
    return is_http_url(url)


def _open_http(address: str, user: tuple[str, str] | None) -> httpx2.Client:
    """A client that goes there and nowhere else: no proxy of the environment, no redirects."""
    # a line for every question is no news
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    return httpx2.Client(
        base_url=address,
        auth=user,
        trust_env=False,
        verify=_trust(),
        limits=httpx2.Limits(max_connections=1, keepalive_expiry=_KEPT_SECONDS),
        headers={"user-agent": f"ollama-observe-gpu-exporter/{__version__}"},
    )


@functools.cache
def _trust() -> ssl.SSLContext:
    """Whose certificates are believed: to read them takes far longer than to open a client."""
    return httpx2.create_ssl_context(trust_env=False)


def _user(url: str) -> tuple[str, str] | None:
    """User and password: apart from the address, which ends up in messages and logs."""
    parts = urlsplit(url)
    if parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def _date(header: str) -> float | None:
    try:
        return parsedate_to_datetime(header).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
