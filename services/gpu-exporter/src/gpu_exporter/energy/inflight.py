"""The requests that models work at now, as the proxy tells.

Of the requests in flight those count that have one of their model's slots: the prompt is being
read or output comes. An upload, a wait for a connection or for a slot, a pull and a listing give
a model nothing to do.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec
import structlog

from gpu_exporter.http import HttpClient, HttpError
from gpu_exporter.journal import News

_log = structlog.stdlib.get_logger(__name__)

TURN_SECONDS = 1.0
_PATH = "/api/inflight"
_WORKED_AT = frozenset({"prefill", "thinking", "answering"})


class _Request(msgspec.Struct, gc=False):
    model: str
    phase: str
    tokens: int | None
    """None where a model is not asked to work."""


class _Table(msgspec.Struct, gc=False):
    requests: list[_Request]


_table = msgspec.json.Decoder(_Table).decode


def worked_at(body: bytes) -> dict[str, int]:
    """How many requests each model works at, of an answer to `/api/inflight`.

    Raises: msgspec.MsgspecError, UnicodeDecodeError for an answer of anything but the proxy.
    """
    requests = _table(body).requests
    return dict(
        Counter(
            request.model
            for request in requests
            if request.phase in _WORKED_AT and request.tokens is not None
        )
    )


class InflightClient:
    """Asks the proxy. Called by one thread. `clock` is monotonic, in seconds."""

    def __init__(
        self,
        proxy_url: str,
        turn_seconds: float = TURN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = HttpClient(proxy_url, "the proxy", turn_seconds, clock)
        self._news = News(clock, usual="answers")

    def ask(self) -> Mapping[str, int] | None:
        """How many requests each model works at; None where the proxy does not say."""
        try:
            found = self._worked_at()
        except HttpError as error:
            if self._news.is_news("silent"):
                _log.warning("proxy_not_asked", proxy=self._http.address, detail=str(error))
            return None
        if self._news.is_news("answers"):
            _log.info("proxy_asked_again", proxy=self._http.address)
        return found

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def _worked_at(self) -> Mapping[str, int]:
        answer = self._http.ask(_PATH, self._http.deadline())
        try:
            return worked_at(answer.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self._http.wrong("something else", _PATH) from error
