"""Connections to one upstream: as many as there are requests, idle ones are used again.

Nothing is retried, and nothing but connecting is timed: both would hide what is measured here.
"""

import asyncio
import base64
import ssl
import time
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import structlog

from ollama_observe.service.tasks import spawn
from proxy.connections import Asker
from proxy.failures import OWN_DEFECT, OwnDefect, UpstreamTimeout, UpstreamUnreachable, sentence_of
from proxy.settings import ProxySettings
from proxy.upstream import UpstreamConnection

# Servers close idle connections, some after 5 s: a request sent at that moment would be lost.
IDLE_SECONDS = 4.0

_log = structlog.stdlib.get_logger("proxy.pool")


class UpstreamPool:
    """The connections to one upstream."""

    def __init__(
        self,
        url: str,
        connect_timeout_seconds: float,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        parts = urlsplit(url)
        self.clock = clock
        self._host = parts.hostname or ""
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self.is_secure = self._tls is not None
        self._port = parts.port or (443 if self._tls else 80)
        self._connect_timeout_seconds = connect_timeout_seconds
        self._idle: list[UpstreamConnection] = []
        self._sweep: asyncio.TimerHandle | None = None
        self.path_prefix = parts.path.rstrip("/").encode()
        self.authority = parts.netloc.rpartition("@")[2].encode()
        """Host and port as the address has them: what Host says when it is rewritten."""
        self.own_host = self.authority if self._tls else b"localhost"
        """What Host says in questions of our own: Ollama on loopback takes this name from
        anybody, servers behind https are found by theirs."""
        self.authorization = _basic(parts.username, parts.password)
        """For clients that bring no key of their own; None without a user in the address."""
        self.address = f"{parts.scheme}://{self.authority.decode()}"
        """Scheme, host and port, for messages; no credentials."""

    def ask(self, asker: Asker) -> asyncio.Task[None] | None:
        """Find a connection for `asker`, at once or by the task returned. Cancel it to stop."""
        oldest = self.clock() - IDLE_SECONDS
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable() and connection.idle_since >= oldest:
                asker.connected(connection)
                return None
            connection.close()
        return spawn(self._connect(asker), name="connect upstream")

    async def _connect(self, asker: Asker) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_timeout_seconds):
                _, connection = await loop.create_connection(
                    lambda: UpstreamConnection(self), self._host, self._port, ssl=self._tls
                )
        except TimeoutError:
            seconds = self._connect_timeout_seconds
            asker.failed(UpstreamTimeout(f"no connection within {seconds:g} s"))
        except (OSError, UnicodeError) as error:
            asker.failed(UpstreamUnreachable(sentence_of(error)))
        except Exception as error:  # noqa: BLE001 (nobody awaits this: the client would wait)
            self._defect(asker, error)
        else:
            try:
                asker.connected(connection)
            except Exception as error:  # noqa: BLE001
                connection.give_up()
                self._defect(asker, error)

    def _defect(self, asker: Asker, error: Exception) -> None:
        _log.error("request_failed", error=type(error).__name__)
        asker.failed(OwnDefect(OWN_DEFECT))

    def keep(self, connection: UpstreamConnection) -> None:
        """Take back a connection whose answer has ended."""
        connection.idle_since = self.clock()
        self._idle.append(connection)
        if self._sweep is None:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(IDLE_SECONDS, self._close_old)

    def forget(self, connection: UpstreamConnection) -> None:
        """A connection is gone."""
        if connection in self._idle:
            self._idle.remove(connection)

    def close(self) -> None:
        """Close the idle connections."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def _close_old(self) -> None:
        oldest = self.clock() - IDLE_SECONDS
        for connection in [idle for idle in self._idle if idle.idle_since < oldest]:
            connection.close()
            self._idle.remove(connection)
        self._sweep = None
        if self._idle:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(IDLE_SECONDS, self._close_old)


def create_pool(settings: ProxySettings, url: str = "") -> UpstreamPool:
    """Connections to the Ollama of the settings, or to `url`."""
    return UpstreamPool(url or str(settings.ollama_url), settings.connect_timeout_seconds)


def _basic(user: str | None, password: str | None) -> bytes | None:
    if user is None:
        return None
    pair = f"{unquote(user)}:{unquote(password or '')}".encode()
    return b"Basic " + base64.b64encode(pair)
