"""One request at a time to the server under test, and what was seen of its answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp

from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.request.key import key_headers
from traffic.request.protocol import Message
from traffic.request.reading import Body, fail
from traffic.request.sending import (
    ALWAYS,
    CLOSED,
    CUT,
    NO_CONNECTION,
    Sending,
    model_of,
    words_of,
)
from traffic.settings import TrafficSettings
from traffic.target.unloading import unload

STOPPED = "the run was stopped"


@asynccontextmanager
async def open_http(settings: TrafficSettings) -> AsyncIterator[aiohttp.ClientSession]:
    """Connections to the server under test, as many as there are requests in flight.

    Nothing of the environment, of an earlier answer or of a library's kindness is in a request:
    no proxy, no cookies, no compression. Raises: RefusedError for a key that cannot be read.
    """
    shown = key_headers(settings)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout_seconds),
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={**ALWAYS, **shown},
    ) as http:
        yield http


class Client:
    """Asks questions over one set of connections. `clock` gives monotonic seconds."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        settings: TrafficSettings,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._http = http
        self._settings = settings
        self._clock = clock

    async def unload(self, question: PlannedQuestion) -> bool:
        """Have the question's model unloaded; whether it is."""
        model = model_of(self._settings, question)
        return await unload(self._http, self._settings.target_url, model)

    async def ask(
        self, attempt: Attempt, question: PlannedQuestion, messages: list[Message]
    ) -> str:
        """Send one turn, read its answer to the end, and note everything in `attempt`.

        The result is the answer's text, which the next turn repeats. Failures are facts, not
        exceptions. When this is cancelled, what was seen until then is noted, too.
        """
        sending = Sending(self._settings, attempt, question, messages)
        text = ""
        attempt.sent = self._clock()
        try:
            async with asyncio.timeout(self._settings.request_timeout_seconds):
                text = await self._exchange(sending)
        except asyncio.CancelledError:
            attempt.is_cancelled, attempt.detail = True, STOPPED
            raise
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            fail(attempt, Failure.UNREACHABLE, _sentence(error))
        except TimeoutError:
            sending.late()
        except (aiohttp.ClientError, OSError) as error:
            sending.broke_off(_sentence(error))
        finally:
            attempt.end = self._clock()
        if (is_right := sending.check()) is not None:
            # in a thread: no check may hold up the instants of other answers
            attempt.is_valid = await asyncio.to_thread(is_right, text)
        return text

    async def _exchange(self, sending: Sending) -> str:
        async with self._http.post(
            f"{self._settings.target_url}{sending.path}",
            data=sending.body,
            headers=sending.headers,
            allow_redirects=False,
        ) as response:
            reading = sending.answered(self._clock(), response.status, response.headers)
            if reading is None:
                response.close()
                return ""
            await self._read(response, reading)
        return reading.judged()

    async def _read(self, response: aiohttp.ClientResponse, reading: Body) -> None:
        """Read to the end; what was seen until then is noted even when the end is bad."""
        try:
            while data := await response.content.readany():
                if reading.feed(self._clock(), data):
                    response.close()
                    return
            reading.finish(self._clock())
        finally:
            reading.note()


def _sentence(error: Exception) -> str:
    match error:
        case aiohttp.ConnectionTimeoutError():
            return NO_CONNECTION
        case aiohttp.ServerDisconnectedError():
            return CLOSED
        case aiohttp.ClientPayloadError():
            return CUT
        case _:
            return words_of(error)
