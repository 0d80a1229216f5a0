"""One request at a time to the server under test, and what was seen of its answer."""

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp

from ollama_observe import __version__
from ollama_observe.wire.framing import framing_of
from traffic.bank.validators import accepts
from traffic.plan.planned import PlannedQuestion
from traffic.request import portkey
from traffic.request.attempt import Attempt, Failure
from traffic.request.protocol import HEADERS, PATHS, SPEAKS_OF_SCHEMAS, Message, build
from traffic.request.reading import Reading, fail, refused, unreadable
from traffic.request.routes import headers_of, path_of
from traffic.settings import TrafficSettings
from traffic.target.unloading import unload

# An error is a sentence; what is longer is somebody's web page.
ERROR_LIMIT_BYTES = 64 * 1024

STOPPED = "the run was stopped"


@asynccontextmanager
async def open_http(settings: TrafficSettings) -> AsyncIterator[aiohttp.ClientSession]:
    """Connections to the server under test, as many as there are requests in flight.

    Nothing of the environment, of an earlier answer or of a library's kindness is in a request:
    no proxy, no cookies, no compression, which would hide when tokens came.
    """
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout_seconds),
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={
            "accept-encoding": "identity",
            "content-type": "application/json",
            "user-agent": f"ollama-observe-traffic/{__version__}",
        },
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
        return await unload(self._http, self._settings.target_url, self._model_of(question))

    async def ask(
        self, attempt: Attempt, question: PlannedQuestion, messages: list[Message]
    ) -> str:
        """Send one turn, read its answer to the end, and note everything in `attempt`.

        The result is the answer's text, which the next turn repeats. Failures are facts, not
        exceptions. When this is cancelled, what was seen until then is noted, too.
        """
        attempt.model = self._model_of(question)
        body = self._body(attempt.model, question, messages)
        text = ""
        attempt.sent = self._clock()
        try:
            async with asyncio.timeout(self._settings.request_timeout_seconds):
                text = await self._exchange(attempt, question.cancel_after_chunks, body)
        except asyncio.CancelledError:
            attempt.is_cancelled, attempt.detail = True, STOPPED
            raise
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            fail(attempt, Failure.UNREACHABLE, _sentence(error))
        except TimeoutError:
            limit = self._settings.request_timeout_seconds
            fail(attempt, Failure.TIMEOUT, f"no whole answer after {limit:g} seconds")
        except (aiohttp.ClientError, OSError) as error:
            fail(attempt, Failure.BROKE_OFF, _sentence(error))
        finally:
            attempt.end = self._clock()
        await self._validate(attempt, question, text)
        return text

    def _model_of(self, question: PlannedQuestion) -> str:
        return question.model or next(iter(self._settings.models))

    def _body(self, model: str, question: PlannedQuestion, messages: list[Message]) -> bytes:
        told = self._settings
        return build(
            told.api, model, question, messages, num_ctx=told.num_ctx, keep_alive=told.keep_alive
        )

    async def _exchange(self, attempt: Attempt, cancel_after: int | None, body: bytes) -> str:
        api = self._settings.api
        url = f"{self._settings.target_url}{path_of(attempt.route, PATHS[api])}"
        way = headers_of(attempt.route, self._settings.ollama_url, uuid.uuid4().hex)
        async with self._http.post(
            url, data=body, headers={**HEADERS[api], **way}, allow_redirects=False
        ) as response:
            attempt.headers = self._clock()
            attempt.status = response.status
            attempt.has_portkey_sign = portkey.has_sign(response.headers)
            if response.status != HTTPStatus.OK:
                refused(attempt, await _beginning(response), body)
                return ""
            content_type = response.headers.get("content-type", "")
            framing = framing_of(content_type)
            if framing is None:
                unreadable(attempt, content_type)
                response.close()
                return ""
            reading = Reading(attempt, api, framing, cancel_after)
            await self._read(response, reading)
        return reading.judged()

    async def _read(self, response: aiohttp.ClientResponse, reading: Reading) -> None:
        """Read to the end; what was seen until then is noted even when the end is bad."""
        try:
            while data := await response.content.readany():
                if reading.feed(self._clock(), data):
                    response.close()
                    return
            reading.finish(self._clock())
        finally:
            reading.note()

    async def _validate(self, attempt: Attempt, question: PlannedQuestion, text: str) -> None:
        """In a thread: no check may hold up the instants of other answers."""
        check, is_last = question.check, attempt.turn == len(question.turns) - 1
        if check is None or not is_last or not attempt.is_ok:
            return
        if question.format is not None and not SPEAKS_OF_SCHEMAS[self._settings.api]:
            return  # the model was never told what the check looks for
        attempt.is_valid = await asyncio.to_thread(accepts, check, question.format, text)


def _sentence(error: Exception) -> str:
    """What happened, in words of ours: those of a library may quote an answer."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return "no connection in time"
        case aiohttp.ServerDisconnectedError():
            return "the connection was closed before the answer"
        case aiohttp.ClientPayloadError():
            return "the answer broke off"
        case OSError(errno=int() as number) if number > 0:
            return os.strerror(number)
        case OSError(strerror=str() as said):  # of names that are not known
            return said
        case _:
            return f"what came is no HTTP that could be read ({type(error).__name__})"


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    while len(body) <= ERROR_LIMIT_BYTES and (data := await response.content.readany()):
        body += data
    if len(body) > ERROR_LIMIT_BYTES:
        response.close()
    return bytes(body[:ERROR_LIMIT_BYTES])
