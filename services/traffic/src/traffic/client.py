"""One request at a time to the server under test, and what was seen of its answer."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2

from ollama_observe import __version__
from ollama_observe.wire.framing import framing_of
from ollama_observe.wire.meter import StreamMeter
from traffic import portkey
from traffic.attempt import Attempt, Failure
from traffic.plan import PlannedQuestion
from traffic.protocol import ANSWERS, PATHS, Message, ReplyText, build, error_message
from traffic.routes import headers_of, path_of
from traffic.settings import TrafficSettings

# An error is a sentence; what is longer is somebody's web page.
ERROR_LIMIT_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What was seen of a request, and the text that the next turn repeats."""

    attempt: Attempt
    text: str


@asynccontextmanager
async def open_http(settings: TrafficSettings) -> AsyncIterator[httpx2.AsyncClient]:
    """Connections to the server under test, and to nowhere else: no proxy of the environment."""
    async with httpx2.AsyncClient(
        base_url=settings.target_url,
        trust_env=False,
        timeout=httpx2.Timeout(None, connect=settings.connect_timeout_seconds),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None),
        headers={
            "accept-encoding": "identity",  # compression would hide when tokens came
            "content-type": "application/json",
            "user-agent": f"ollama-observe-traffic/{__version__}",
        },
    ) as http:
        yield http


class Client:
    """Asks questions over one set of connections. `clock` gives monotonic seconds."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        settings: TrafficSettings,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._http = http
        self._settings = settings
        self._clock = clock

    async def ask(
        self, question: PlannedQuestion, turn: int, messages: list[Message], scheduled: float
    ) -> Reply:
        """Send one turn and read its answer to the end. Failures are facts, not exceptions."""
        body = build(self._settings.api, self._settings.model, question, messages)
        attempt = Attempt(
            question.question_id, question.category, turn, scheduled, self._clock(), question.route
        )
        text = ""
        try:
            async with asyncio.timeout(self._settings.request_timeout_seconds):
                text = await self._exchange(attempt, body)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            _fail(attempt, Failure.UNREACHABLE, str(error))
        except TimeoutError:
            limit = self._settings.request_timeout_seconds
            _fail(attempt, Failure.TIMEOUT, f"no whole answer after {limit:g} seconds")
        except httpx2.RequestError as error:
            _fail(attempt, Failure.BROKE_OFF, str(error))
        attempt.end = self._clock()
        return Reply(attempt, text)

    async def _exchange(self, attempt: Attempt, body: bytes) -> str:
        api = self._settings.api
        path = path_of(attempt.route, PATHS[api])
        headers = headers_of(attempt.route, self._settings.ollama_url, uuid.uuid4().hex)
        async with self._http.stream("POST", path, content=body, headers=headers) as response:
            attempt.headers = self._clock()
            attempt.status = response.status_code
            attempt.has_portkey_sign = portkey.has_sign(response.headers)
            if response.status_code != httpx2.codes.OK:
                _refused(attempt, await _beginning(response))
                return ""
            content_type = response.headers.get("content-type", "")
            framing = framing_of(content_type)
            if framing is None:
                _fail(attempt, Failure.UNREADABLE, f"Content-Type {content_type or 'is missing'}")
                return ""
            meter, reply = StreamMeter(ANSWERS[api], framing), ReplyText(framing)
            await self._read(attempt, response, meter, reply)
        _judge(attempt, meter)
        return reply.finish()

    async def _read(
        self, attempt: Attempt, response: httpx2.Response, meter: StreamMeter, reply: ReplyText
    ) -> None:
        """Read to the end; what was seen until then is noted even when the end is bad."""
        try:
            async for data in response.aiter_raw():
                instant = self._clock()
                if attempt.first_byte is None:
                    attempt.first_byte = instant
                meter.feed(instant, data)
                reply.feed(data)
            meter.finish(self._clock())
        finally:
            attempt.first_content = meter.first_output
            attempt.first_output = meter.first_answer
            attempt.last_content = meter.last_output
            attempt.usage = meter.usage
            attempt.done_reason = meter.done_reason


def _judge(attempt: Attempt, meter: StreamMeter) -> None:
    """A body that ended cleanly may still be no whole answer."""
    if meter.saw_error:
        _fail(attempt, Failure.STREAM_ERROR, "the server reported an error inside its answer")
    elif not meter.is_ended:
        _fail(attempt, Failure.BROKE_OFF, "the answer ended without its end marker")


def _refused(attempt: Attempt, body: bytes) -> None:
    # some of the gateway's own errors carry none of its headers
    attempt.has_portkey_sign = attempt.has_portkey_sign or portkey.complaint(body) is not None
    _fail(attempt, Failure.HTTP_STATUS, error_message(body))


def _fail(attempt: Attempt, failure: Failure, detail: str) -> None:
    attempt.failure = failure
    attempt.detail = detail


async def _beginning(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for data in response.aiter_raw():
        body += data
        if len(body) > ERROR_LIMIT_BYTES:
            break
    return bytes(body[:ERROR_LIMIT_BYTES])
