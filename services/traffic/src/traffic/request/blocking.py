"""The same requests by calls that wait: for a runner whose threads are not asyncio's, as Locust's.

What is sent and what is seen are protocol's and reading's, as with client; here are only
the connection and the loop over its bytes.
"""

import http.client
import os
import select
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from ollama_observe import __version__
from ollama_observe.wire.framing import framing_of
from traffic.bank.validators import accepts
from traffic.plan.planned import PlannedQuestion
from traffic.request import portkey
from traffic.request.attempt import Attempt, Failure
from traffic.request.protocol import (
    ASSISTANT,
    HEADERS,
    PATHS,
    SPEAKS_OF_SCHEMAS,
    Message,
    build,
    opening,
    said_by_user,
)
from traffic.request.reading import Reading, fail, refused, unreadable
from traffic.request.routes import headers_of, path_of
from traffic.settings import TrafficSettings

READ_BYTES = 64 * 1024
ERROR_LIMIT_BYTES = 64 * 1024


class BlockingClient:
    """Asks one question after the other over one connection. `clock` gives monotonic seconds."""

    def __init__(
        self, settings: TrafficSettings, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._target = urlsplit(settings.target_url)
        self._connection: http.client.HTTPConnection | None = None

    def converse(
        self, question: PlannedQuestion, scheduled: float, tell: Callable[[Attempt], None]
    ) -> None:
        """Ask each turn with the conversation so far; stop where one has no whole answer."""
        messages = opening(question)
        for turn in range(len(question.turns)):
            messages.append(said_by_user(question, turn))
            attempt = Attempt(
                question.question_id,
                question.category,
                turn,
                scheduled,
                sent=scheduled,
                route=question.route,
                is_warm_up=question.is_warm_up,
                index=question.index,
            )
            reply = self.ask(attempt, question, messages)
            tell(attempt)
            if not attempt.is_ok:
                return
            messages.append({"role": ASSISTANT, "content": reply})
            scheduled = self._clock()

    def ask(self, attempt: Attempt, question: PlannedQuestion, messages: list[Message]) -> str:
        """Send one turn, read its answer to the end, and note everything in `attempt`."""
        told, text = self._settings, ""
        attempt.model = question.model or next(iter(told.models))
        body = build(
            told.api,
            attempt.model,
            question,
            messages,
            num_ctx=told.num_ctx,
            keep_alive=told.keep_alive,
        )
        attempt.sent = self._clock()
        try:
            connection = self._connect()
        except OSError as error:
            fail(attempt, Failure.UNREACHABLE, _sentence(error, "no connection in time"))
            connection = None
        if connection is not None:
            text = self._answered(connection, attempt, question, body)
        attempt.end = self._clock()
        self._validate(attempt, question, text)
        return text

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> http.client.HTTPConnection:
        """The connection of before, unless the server has closed it. Raises: OSError."""
        sock = None if self._connection is None else self._connection.sock
        if sock is None or select.select([sock], [], [], 0)[0]:
            self.close()
            kind = (
                http.client.HTTPSConnection
                if self._target.scheme == "https"
                else http.client.HTTPConnection
            )
            self._connection = kind(
                self._target.hostname or "",
                self._target.port,
                timeout=self._settings.connect_timeout_seconds,
            )
            self._connection.connect()
        assert self._connection is not None
        return self._connection

    def _answered(
        self,
        connection: http.client.HTTPConnection,
        attempt: Attempt,
        question: PlannedQuestion,
        body: bytes,
    ) -> str:
        try:
            return self._exchange(connection, attempt, question.cancel_after_chunks, body)
        except TimeoutError:
            limit = self._settings.request_timeout_seconds
            fail(attempt, Failure.TIMEOUT, f"no whole answer after {limit:g} seconds")
        except http.client.IncompleteRead:
            fail(attempt, Failure.BROKE_OFF, "the answer broke off")
        except (http.client.HTTPException, OSError) as error:
            fail(attempt, Failure.BROKE_OFF, _sentence(error, ""))
        self.close()
        return ""

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        attempt: Attempt,
        cancel_after: int | None,
        body: bytes,
    ) -> str:
        api = self._settings.api
        way = headers_of(attempt.route, self._settings.ollama_url, uuid.uuid4().hex)
        self._wait_at_most(connection, attempt)
        connection.request(
            "POST",
            f"{self._target.path}{path_of(attempt.route, PATHS[api])}",
            body,
            {
                "accept-encoding": "identity",
                "content-type": "application/json",
                "user-agent": f"ollama-observe-traffic/{__version__}",
                **HEADERS[api],
                **way,
            },
        )
        response = connection.getresponse()
        attempt.headers = self._clock()
        attempt.status = response.status
        headers = {name.lower(): value for name, value in response.getheaders()}
        attempt.has_portkey_sign = portkey.has_sign(headers)
        if response.status != HTTPStatus.OK:
            refused(attempt, response.read(ERROR_LIMIT_BYTES), body)
            self.close()
            return ""
        content_type = headers.get("content-type", "")
        framing = framing_of(content_type)
        if framing is None:
            unreadable(attempt, content_type)
            self.close()
            return ""
        reading = Reading(attempt, api, framing, cancel_after)
        self._read(connection, response, attempt, reading)
        return reading.judged()

    def _read(
        self,
        connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
        attempt: Attempt,
        reading: Reading,
    ) -> None:
        """Read to the end; what was seen until then is noted even when the end is bad."""
        try:
            while data := response.read1(READ_BYTES):
                if reading.feed(self._clock(), data):
                    self.close()
                    return
                self._wait_at_most(connection, attempt)
            reading.finish(self._clock())
        finally:
            reading.note()

    def _wait_at_most(self, connection: http.client.HTTPConnection, attempt: Attempt) -> None:
        """Let the next wait end with the request's time. Raises: TimeoutError when it is up."""
        left = attempt.sent + self._settings.request_timeout_seconds - self._clock()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:  # the last bytes of an answer may close it
            connection.sock.settimeout(left)

    def _validate(self, attempt: Attempt, question: PlannedQuestion, text: str) -> None:
        check, is_last = question.check, attempt.turn == len(question.turns) - 1
        if check is None or not is_last or not attempt.is_ok:
            return
        if question.format is None or SPEAKS_OF_SCHEMAS[self._settings.api]:
            attempt.is_valid = accepts(check, question.format, text)


def _sentence(error: Exception, too_late: str) -> str:
    """What happened, in words of ours: those of a library may quote an answer."""
    match error:
        case TimeoutError():
            return too_late
        case http.client.RemoteDisconnected():
            return "the connection was closed before the answer"
        case OSError(errno=int() as number) if number > 0:
            return os.strerror(number)
        case OSError(strerror=str() as said):  # of names that are not known
            return said
        case _:
            return f"what came is no HTTP that could be read ({type(error).__name__})"
