"""Asks Ollama over HTTP, one question at a time, each within its time.

What a caller may tell apart:

    OllamaError
    ├── NoAnswerError     nothing answers: not there, not reachable, too slow
    └── WrongAnswerError  something answers, but not as Ollama does
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx2

from ollama_observe import __version__

TURN_SECONDS = 3.0
"""Longest time that the questions of one turn take together."""

ANSWER_LIMIT_BYTES = 8 * 1024 * 1024

_CONNECT_SECONDS = 1.0

# Longer than the usual interval between two turns, so that the connection is kept.
_KEPT_SECONDS = 60.0

_DIED = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)
"""What a kept connection may do that the other side has just closed."""


class OllamaError(Exception):
    """No answer that can be used; the message is a sentence, without credentials."""


class NoAnswerError(OllamaError):
    """Nothing answers."""


class WrongAnswerError(OllamaError):
    """Something answers, but not as Ollama does."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer. `date` is Unix time in seconds by the clock of who answered, in
    whole seconds; None: not told.
    """

    body: bytes
    date: float | None


class OllamaClient:
    """One connection to Ollama, kept between turns. Used by one thread.

    `url` may hold a user and a password, and a path that comes before Ollama's own.
    `clock` is monotonic, in seconds. Raises: ValueError for what is no address of HTTP.
    """

    def __init__(
        self,
        url: str,
        turn_seconds: float = TURN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        parsed = _parsed(url)
        bare = parsed.copy_with(userinfo=None, query=None, fragment=None)
        self.address = str(bare).rstrip("/")
        """Where Ollama is asked, as it may be shown."""
        self._turn_seconds = turn_seconds
        self._clock = clock
        # apart from the address, which ends up in messages and logs
        user = (parsed.username, parsed.password) if parsed.userinfo else None
        self._http = _open_http(self.address, user)

    def deadline(self) -> float:
        """The instant by which a turn that begins now is to be over."""
        return self._clock() + self._turn_seconds

    def ask(self, path: str, until: float, question: object = None) -> Answer:
        """Get a path, or post a question there, until the instant of a deadline.

        Raises: OllamaError.
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
        return WrongAnswerError(f"{self.address} answered {answer} to {path}, not as Ollama does")

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _ask(self, path: str, until: float, question: object) -> Answer:
        try:
            return self._ask_once(path, until, question)
        except _DIED:
            # Ollama may have closed the connection while nothing was asked: a new one tells
            return self._ask_once(path, until, question)

    def _ask_once(self, path: str, until: float, question: object) -> Answer:
        remaining = until - self._clock()
        if remaining <= 0:
            raise httpx2.ReadTimeout("")
        method = "GET" if question is None else "POST"
        timeout = httpx2.Timeout(remaining, connect=min(_CONNECT_SECONDS, remaining))
        with self._http.stream(method, path, json=question, timeout=timeout) as response:
            if response.status_code != httpx2.codes.OK:
                raise self.wrong(str(response.status_code), path)
            body = bytearray()
            for piece in self._pieces(response, until):
                body += piece
                if len(body) > ANSWER_LIMIT_BYTES:
                    raise self.wrong(f"more than {ANSWER_LIMIT_BYTES} bytes", path)
            return Answer(bytes(body), _date(response.headers.get("date", "")))

    def _pieces(self, response: httpx2.Response, until: float) -> Iterator[bytes]:
        for piece in response.iter_bytes():
            yield piece
            if self._clock() > until:
                raise httpx2.ReadTimeout("")


def _parsed(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError):
        parsed = httpx2.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        # not with the text: it may hold a password
        raise ValueError(
            "GPU_EXPORTER_OLLAMA_URL is no address like http://127.0.0.1:11434"
        ) from None
    return parsed


def _open_http(address: str, user: tuple[str, str] | None) -> httpx2.Client:
    """A client that goes there and nowhere else: no proxy of the environment, no redirects."""
    # a line for every question is no news
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    return httpx2.Client(
        base_url=address,
        auth=user,
        trust_env=False,
        limits=httpx2.Limits(max_connections=1, keepalive_expiry=_KEPT_SECONDS),
        headers={"user-agent": f"ollama-observe-gpu-exporter/{__version__}"},
    )


def _date(header: str) -> float | None:
    try:
        return parsedate_to_datetime(header).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
