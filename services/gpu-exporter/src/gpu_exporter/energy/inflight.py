"""The requests that models work at now, as the proxy tells.

Of the requests in flight those count that have one of their model's slots: the prompt is being
read or output comes. An upload, a wait for a connection or for a slot, a pull and a listing give
a model nothing to do.
"""

import logging
from collections import Counter
from collections.abc import Mapping

import httpx2
import msgspec
import structlog

_log = structlog.stdlib.get_logger("gpu_exporter.energy.inflight")

TIMEOUT_SECONDS = 1.0
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
    """Asks the proxy, over one connection that is kept. Called by one thread.

    Raises: ValueError for what is no address of HTTP.
    """

    def __init__(self, proxy_url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        url = _parsed(proxy_url)
        self._address = str(url.copy_with(userinfo=None))
        self._complaint = ""
        # a line for every question is no news
        logging.getLogger("httpx2").setLevel(logging.WARNING)
        self._http = httpx2.Client(
            base_url=self._address,
            auth=(url.username, url.password) if url.userinfo else None,
            trust_env=False,
            timeout=timeout_seconds,
            limits=httpx2.Limits(max_connections=1),
        )

    def ask(self) -> Mapping[str, int] | None:
        """How many requests each model works at; None where the proxy does not say."""
        try:
            response = self._http.get("/api/inflight")
            response.raise_for_status()
            found = worked_at(response.content)
        except (httpx2.HTTPError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            self._tell(f"{type(error).__name__}: {error}")
            return None
        self._tell("")
        return found

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def _tell(self, complaint: str) -> None:
        """Log a change for the worse or the better, not every turn."""
        if complaint and not self._complaint:
            _log.warning("proxy_not_asked", proxy=self._address, detail=complaint)
        elif self._complaint and not complaint:
            _log.info("proxy_asked_again", proxy=self._address)
        self._complaint = complaint


def _parsed(proxy_url: str) -> httpx2.URL:
    try:
        url = httpx2.URL(proxy_url)
    except httpx2.InvalidURL:
        url = httpx2.URL()
    if url.scheme not in ("http", "https") or not url.host:
        # not with the text: it may hold a password
        raise ValueError("GPU_EXPORTER_PROXY_URL is no address like http://127.0.0.1:8001")
    return url
