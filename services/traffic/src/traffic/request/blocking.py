"""The same requests by calls that wait: for a runner whose threads are not asyncio's, as Locust's.

What is sent and what is seen are sending's and reading's, as with client; here are only the
connection and the loop over its bytes.
"""

import http.client
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from ollama_observe.service.readable import readable
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.request.key import key_headers
from traffic.request.protocol import ASSISTANT, Message, opening, said_by_user
from traffic.request.reading import Body, fail
from traffic.request.sending import CLOSED, CUT, NO_CONNECTION, Sending, attempt_for, words_of
from traffic.settings import TrafficSettings

READ_BYTES = 64 * 1024


class BlockingClient:
    """Asks one question after the other over one connection. `clock` gives monotonic seconds."""

    def __init__(
        self, settings: TrafficSettings, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._target = urlsplit(settings.target_url)
        self._key = key_headers(settings)
        self._connection: http.client.HTTPConnection | None = None

    def converse(
        self, question: PlannedQuestion, scheduled: float, tell: Callable[[Attempt], None]
    ) -> None:
        """Ask each turn with the conversation so far; stop where one has no whole answer."""
        messages = opening(question)
        for turn in range(len(question.turns)):
            messages.append(said_by_user(question, turn))
            attempt = attempt_for(question, turn, scheduled)
            reply = self.ask(attempt, question, messages)
            tell(attempt)
            if not attempt.is_ok:
                return
            messages.append({"role": ASSISTANT, "content": reply})
            scheduled = self._clock()

    def ask(self, attempt: Attempt, question: PlannedQuestion, messages: list[Message]) -> str:
        """Send one turn, read its answer to the end, and note everything in `attempt`."""
        sending = Sending(self._settings, attempt, question, messages)
        text = ""
        attempt.sent = self._clock()
        try:
            connection = self._connect()
        except OSError as error:
            fail(attempt, Failure.UNREACHABLE, _sentence(error))
        else:
            text = self._answered(connection, sending)
        attempt.end = self._clock()
        if (is_right := sending.check()) is not None:
            attempt.is_valid = is_right(text)
        return text

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> http.client.HTTPConnection:
        """The connection of before, unless the server has closed it. Raises: OSError."""
        sock = None if self._connection is None else self._connection.sock
        if sock is None or readable([sock.fileno()], 0):
            self.close()
            kind = (
                http.client.HTTPSConnection
                if self._target.scheme == "https"
                else http.client.HTTPConnection
            )
            connection = kind(
                self._target.hostname or "",
                self._target.port,
                timeout=self._settings.connect_timeout_seconds,
            )
            connection.connect()
            self._connection = connection  # one that could not be made is forgotten
        assert self._connection is not None
        return self._connection

    def _answered(self, connection: http.client.HTTPConnection, sending: Sending) -> str:
        try:
            return self._exchange(connection, sending)
        except TimeoutError:
            sending.late()
        except (http.client.HTTPException, OSError) as error:
            sending.broke_off(_sentence(error))
        self.close()
        return ""

    def _exchange(self, connection: http.client.HTTPConnection, sending: Sending) -> str:
        self._wait_at_most(connection, sending.attempt)
        path = f"{self._target.path}{sending.path}"
        connection.request("POST", path, sending.body, {**sending.headers, **self._key})
        with connection.getresponse() as response:
            headers = {name.lower(): value for name, value in response.getheaders()}
            reading = sending.answered(self._clock(), response.status, headers)
            if reading is None:
                self.close()
                return ""
            self._read(connection, response, sending.attempt, reading)
        return reading.judged()

    def _read(
        self,
        connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
        attempt: Attempt,
        reading: Body,
    ) -> None:
        """Read to the end; what was seen until then is noted even when the end is bad."""
        try:
            while data := response.read1(READ_BYTES):
                if reading.feed(self._clock(), data):
                    self.close()
                    return
                self._wait_at_most(connection, attempt)
            if response.length:  # which read1 does not mind
                raise http.client.IncompleteRead(b"", response.length)
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


def _sentence(error: Exception) -> str:
    match error:
        case TimeoutError():
            return NO_CONNECTION
        case http.client.RemoteDisconnected():
            return CLOSED
        case http.client.IncompleteRead():
            return CUT
        case _:
            return words_of(error)
