"""One turn to the server under test: what is sent, and what its answer is taken for. No I/O.

Whoever carries the bytes, and by which library, sends the same and says the same of failures.
"""

import os
import ssl
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from ollama_observe import __version__
from ollama_observe.wire.framing import Framing, framing_of
from traffic.bank.validators import accepts
from traffic.lines import one_line
from traffic.plan.planned import PlannedQuestion
from traffic.request import caching, embedding, portkey
from traffic.request.attempt import Attempt, Failure
from traffic.request.protocol import HEADERS, PATHS, SPEAKS_OF_SCHEMAS, Message, build
from traffic.request.reading import Body, Reading, Refusal, fail
from traffic.request.redirects import redirect
from traffic.request.routes import headers_of, path_of
from traffic.settings import TrafficSettings

ALWAYS = {
    "accept-encoding": "identity",
    "content-type": "application/json",
    "user-agent": f"ollama-observe-traffic/{__version__}",
}
"""What every request carries. Compression would hide when tokens came."""

NO_CONNECTION = "no connection in time"
CLOSED = "the connection was closed before the answer"
CUT = "the answer broke off"

LONGEST_TYPE = 100


def attempt_for(question: PlannedQuestion, turn: int, scheduled: float) -> Attempt:
    """The facts of a turn before it is sent."""
    return Attempt(
        question.question_id,
        question.category,
        turn,
        scheduled,
        sent=scheduled,
        route=question.route,
        is_warm_up=question.is_warm_up,
        index=question.index,
        cancel_after_chunks=question.cancel_after_chunks,
    )


def model_of(settings: TrafficSettings, question: PlannedQuestion) -> str:
    """The model that a question asks: its own, or the first of the run."""
    return question.model or next(iter(settings.models))


class Sending:
    """A turn with what is known of its answer, all of which is noted in `attempt`.

    `path` is to be put behind the target's address.
    """

    def __init__(
        self,
        settings: TrafficSettings,
        attempt: Attempt,
        question: PlannedQuestion,
        messages: list[Message],
    ) -> None:
        api = settings.api
        attempt.model = model_of(settings, question)
        self.attempt = attempt
        paths = PATHS if question.inputs is None else embedding.PATHS
        self.path = path_of(attempt.route, paths[api])
        way = headers_of(attempt.route, settings.ollama_url, uuid.uuid4().hex)
        self.headers = {**ALWAYS, **HEADERS[api], **way}
        memory: dict[str, Any] = {"num_ctx": settings.num_ctx, "keep_alive": settings.keep_alive}
        if question.inputs is None:
            self.body = build(api, attempt.model, question, messages, **memory)
        else:
            self.body = embedding.build(api, attempt.model, question, **memory)
        self._settings = settings
        self._question = question
        self._refusal: Refusal | None = None

    def answered(self, instant: float, status: int, headers: Mapping[str, str]) -> Body | None:
        """Note the head of the answer; what its body is given to, None where nobody could read it.

        The names in `headers` are in lower case, or their case does not matter.
        """
        attempt = self.attempt
        attempt.headers, attempt.status = instant, status
        attempt.has_portkey_sign = portkey.has_sign(headers)
        attempt.cache_status = caching.status_in(headers)
        attempt.answer_age_seconds = caching.age_in(headers) if attempt.is_hit else None
        if status != HTTPStatus.OK:
            self._refusal = Refusal(attempt, self.body, redirect(status, headers.get("location")))
            return self._refusal
        content_type = headers.get("content-type", "")
        framing = framing_of(content_type)
        has_vectors = self._question.inputs is not None
        if framing is None or (has_vectors and framing is not Framing.JSON):
            shown = one_line(content_type, LONGEST_TYPE) or "is missing"
            fail(attempt, Failure.UNREADABLE, f"Content-Type {shown}")
            return None
        if has_vectors:
            return embedding.Vectors(attempt, self._settings.api, self._question)
        return Reading(attempt, self._settings.api, framing)

    def late(self) -> None:
        """Note that the time of the request is up."""
        limit = self._settings.request_timeout_seconds
        fail(self.attempt, Failure.TIMEOUT, f"no whole answer after {limit:g} seconds")

    def broke_off(self, said: str) -> None:
        """Note that the connection ended before the answer; a refusal is one all the same."""
        if self._refusal is None:
            fail(self.attempt, Failure.BROKE_OFF, said)
        else:
            self._refusal.judged()

    def check(self) -> Callable[[str], bool] | None:
        """What tells whether the answer's text is right; None where nothing can.

        Only the last turn is checked, and only a whole answer of a model that was told what the
        check looks for.
        """
        question, attempt = self._question, self.attempt
        is_last = attempt.turn == len(question.turns) - 1
        is_told = question.format is None or SPEAKS_OF_SCHEMAS[self._settings.api]
        if question.check is None or not (is_last and is_told and attempt.is_ok):
            return None
        return partial(accepts, question.check, question.format)


def words_of(error: Exception) -> str:
    """What became of a connection, in words of ours: those of a library may quote an answer."""
    cause = error.__cause__  # of an HTTP library's own error
    match cause if isinstance(cause, ssl.SSLError) else error:
        case ssl.SSLCertVerificationError(verify_message=str() as said):
            return f"the certificate is not trusted: {one_line(said)}"
        case ssl.SSLError(reason=str() as reason):
            return f"TLS failed: {reason.replace('_', ' ').lower()}"
        case ssl.SSLError():
            return "TLS failed"
        case OSError(errno=int() as number) if number > 0:
            return os.strerror(number)
        case OSError(strerror=str() as said):  # of names that are not known
            return said
        case _:
            return f"what came is no HTTP that could be read ({type(error).__name__})"
