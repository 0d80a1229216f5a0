"""The one seam to the network: open(request) -> status, headers, chunks.

Errors, by what the relay can still do:

    UpstreamError
    ├── UnsendableRequest     the request has no form in which it could be sent
    ├── UpstreamUnreachable   no connection: nothing was sent
    ├── UpstreamTimeout       no connection within the bound: nothing was sent
    └── UpstreamBrokeOff      the connection ended before the answer did
"""

import os
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from aiohttp import BasicAuth
from multidict import CIMultiDict
from yarl import URL

from proxy.headers import Headers

# Ollama's headers are small; the bound is for what stands between.
HEADER_LIMIT_BYTES = 64 * 1024
HEADER_LIMIT = 1000
READ_BUFFER_BYTES = 64 * 1024
NO_HTTP = "what it answered is no HTTP that could be read"
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class UpstreamError(Exception):
    """The upstream gave no whole answer. The message is a sentence for an operator."""


class UnsendableRequest(UpstreamError):  # noqa: N818 (the tree above reads as a sentence)
    """The request has no form in which it could be sent: the client's mistake."""


class UpstreamUnreachable(UpstreamError):  # noqa: N818
    """No connection: nothing was sent."""


class UpstreamTimeout(UpstreamError):  # noqa: N818
    """No connection within the bound: nothing was sent."""


class UpstreamBrokeOff(UpstreamError):  # noqa: N818
    """The connection ended before the answer did."""


@dataclass(frozen=True, slots=True)
class OutboundRequest:
    """A request as it goes upstream. `target` is the raw path and query, as received."""

    method: str
    target: str
    headers: Headers
    body: bytes | AsyncIterator[bytes] | None


class UpstreamResponse(Protocol):
    """An answer whose headers have arrived and whose body is still to be read."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> Headers:
        """All headers as received."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives, undecoded. Raises UpstreamBrokeOff."""

    def close(self) -> None:
        """Give the connection up, at once when the answer is not whole. Never waits."""


class Upstream(Protocol):
    """Where requests go."""

    @property
    def address(self) -> str:
        """Scheme, host and port, for messages; no credentials."""

    async def open(self, request: OutboundRequest) -> UpstreamResponse:
        """Send a request and wait, however long, for the answer's headers.

        Raises: UpstreamError. When cancelled, the connection is closed before the
        cancellation goes on.
        """

    async def close(self) -> None:
        """Close all connections."""


class _AiohttpResponse:
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Headers = list(response.raw_headers)

    async def chunks(self) -> AsyncIterator[bytes]:
        content = self._response.content
        try:
            async for chunk in content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            # the stream raises before it hands out what had arrived before the break
            if rest := content._read_nowait(-1):  # noqa: SLF001
                yield rest
            raise UpstreamBrokeOff(_sentence(error)) from error

    def close(self) -> None:
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


class AiohttpUpstream:
    """The upstream behind aiohttp's client: pooled, unlimited, no time-out but connecting."""

    def __init__(self, base_url: str, connect_timeout_seconds: float) -> None:
        url = URL(base_url)
        self._base = str(url.with_user(None)).rstrip("/")
        # a user and password in the address are for clients that bring no key of their own
        self._authorization = BasicAuth.from_url(url)
        self.address = f"{url.scheme}://{url.host_port_subcomponent}"
        self._connect_timeout_seconds = connect_timeout_seconds
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout_seconds),
            read_bufsize=READ_BUFFER_BYTES,
            max_line_size=HEADER_LIMIT_BYTES,
            max_field_size=HEADER_LIMIT_BYTES,
            max_headers=HEADER_LIMIT,
        )
        # aiohttp would send an idempotent request again: that would hide what we measure
        self._session._retry_connection = False  # noqa: SLF001

    async def open(self, request: OutboundRequest) -> UpstreamResponse:
        """See Upstream.open."""
        headers = CIMultiDict(
            (name.decode("latin-1"), value.decode("utf-8", "surrogateescape"))
            for name, value in request.headers
        )
        if self._authorization is not None and "Authorization" not in headers:
            headers["Authorization"] = self._authorization.encode()
        if not request.target.startswith("/"):
            raise UnsendableRequest(f"expected a path that begins with /, found {request.target!r}")
        try:
            response = await self._session.request(
                request.method,
                URL(self._base + request.target, encoded=True),
                headers=headers,
                data=request.body,
                allow_redirects=False,
            )
        except aiohttp.ServerTimeoutError as error:
            seconds = self._connect_timeout_seconds
            raise UpstreamTimeout(f"no connection within {seconds:g} s") from error
        except aiohttp.ClientConnectorError as error:
            raise UpstreamUnreachable(_sentence(error.os_error)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamBrokeOff(_sentence(error)) from error
        except ValueError as error:
            raise UnsendableRequest(f"this request cannot be sent on: {error}") from error
        if not _can_be_sent_on(response):
            response.close()
            raise UpstreamBrokeOff(NO_HTTP)
        return _AiohttpResponse(response)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


def _can_be_sent_on(response: aiohttp.ClientResponse) -> bool:
    values = (value for _, value in response.raw_headers)
    return 200 <= response.status <= 599 and not any(map(_CONTROL_BYTES.search, values))


def _sentence(error: BaseException) -> str:
    """What an operator reads of a network error; no address and no query is in it."""
    match error:
        case socket.gaierror():
            return error.strerror or "its name is not known"
        case OSError(errno=int() as number):
            return os.strerror(number)
        case aiohttp.ServerDisconnectedError():
            return "it closed the connection before it answered"
        case aiohttp.ClientResponseError():
            return NO_HTTP
        case aiohttp.ClientPayloadError():
            return "the answer broke off"
        case _:
            return type(error).__name__
