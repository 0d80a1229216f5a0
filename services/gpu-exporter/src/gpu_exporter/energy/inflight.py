"""The requests that models work at now, as the proxy tells.

Of the requests in flight those count that have one of their model's slots: the prompt is being
read or output comes. An upload, a wait for a connection or for a slot, a pull and a listing give
a model nothing to do; what a model does elsewhere takes no energy here.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec
import structlog

from gpu_exporter.http import HttpClient, HttpError
from gpu_exporter.journal import News
from ollama_observe.service.addresses import without_credentials
from ollama_observe.service.replicas import each_of
from ollama_observe.wire.locations import Location, is_cloud_name

_log = structlog.stdlib.get_logger(__name__)

TURN_SECONDS = 1.0
LOOK_UP_SECONDS = 5.0
"""How long who answers to the name is taken for known; after a failure it is looked up at once."""
_PATH = "/api/inflight"
_WORKED_AT = frozenset({"prefill", "thinking", "answering"})


class _Request(msgspec.Struct, gc=False):
    request_id: str
    model: str
    phase: str
    tokens: int | None
    """None where a model is not asked to work."""
    location: str | None = None
    """Where the model computes; None: that is not known."""


class _Table(msgspec.Struct, gc=False):
    requests: list[_Request]


_table = msgspec.json.Decoder(_Table).decode


def worked_at(body: bytes) -> Counter[tuple[str, str]]:
    """The requests that a model works at here, each as its model and its id, of an answer to
    `/api/inflight`. An id that clients chose may be there several times.

    Raises: msgspec.MsgspecError, UnicodeDecodeError for an answer of anything but the proxy.
    """
    requests = _table(body).requests
    return Counter((one.model, one.request_id) for one in requests if _is_worked_at_here(one))


def _is_worked_at_here(request: _Request) -> bool:
    is_elsewhere = request.location == Location.CLOUD or is_cloud_name(request.model)
    return request.phase in _WORKED_AT and request.tokens is not None and not is_elsewhere


def _by_model(requests: Counter[tuple[str, str]]) -> dict[str, int]:
    models: Counter[str] = Counter()
    for (model, _), count in requests.items():
        models[model] += count
    return dict(models)


class InflightClient:
    """Asks the proxies. Called by one thread.

    `clock` is monotonic, in seconds. `each_of` gives the address of each, none while the name is
    not known.
    """

    def __init__(
        self,
        proxy_url: str,
        turn_seconds: float = TURN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        each_of: Callable[[str], Sequence[str]] = each_of,
    ) -> None:
        self._url = proxy_url
        self._turn_seconds = turn_seconds
        self._clock = clock
        self._each_of = each_of
        self._clients = {proxy_url: self._client(proxy_url)}
        self._look_up_at = -math.inf
        self._news = News(clock, usual="answers")

    def ask(self) -> Mapping[str, int] | None:
        """How many requests each model works at; None where a proxy does not say."""
        address = without_credentials(self._url).rstrip("/")
        try:
            found: Counter[tuple[str, str]] = Counter()
            proxies = self._proxies()
            until = self._clock() + self._turn_seconds
            for client in proxies:
                found |= _asked(client, until)  # one proxy may answer at two addresses
        except HttpError as error:
            self._look_up_at = -math.inf
            if self._news.is_news("silent"):
                _log.warning("proxy_not_asked", proxy=address, detail=str(error))
            return None
        if self._news.is_news("answers"):
            _log.info("proxy_asked_again", proxy=address)
        return _by_model(found)

    def close(self) -> None:
        """Give the connections back."""
        for client in self._clients.values():
            client.close()

    def _proxies(self) -> list[HttpClient]:
        """Those that answer to the name, as far as is known."""
        if self._clock() >= self._look_up_at:
            urls = tuple(self._each_of(self._url)) or tuple(self._clients)
            for url in set(self._clients) - set(urls):
                self._clients.pop(url).close()
            for url in set(urls) - set(self._clients):
                self._clients[url] = self._client(url)
            self._look_up_at = self._clock() + LOOK_UP_SECONDS
        return list(self._clients.values())

    def _client(self, url: str) -> HttpClient:
        return HttpClient(url, "the proxy", self._turn_seconds, self._clock)


def _asked(client: HttpClient, until: float) -> Counter[tuple[str, str]]:
    """Raises: HttpError."""
    answer = client.ask(_PATH, until)
    try:
        return worked_at(answer.body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise client.wrong("something else", _PATH) from error
