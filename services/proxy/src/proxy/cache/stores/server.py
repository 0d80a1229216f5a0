"""Entries in a Redis or Valkey server, which several proxies share.

Bounds hold for all proxies together, and are each one's own: give all the same. The server's
`maxmemory` should be above the bytes that may be kept: with `noeviction` a full one refuses, and
nothing new is kept; with another policy it throws away what it likes, and that is a miss.
No cluster: scripts make names of their own.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from proxy.cache.entries import Entry, Near, packed, unpacked
from proxy.cache.stores import scripts
from proxy.cache.stores.addresses import ServerAddress
from proxy.cache.stores.refusals import sentence_of
from proxy.cache.stores.store import Bounds, Cause, Held, Listener, StoreError, size_of

PREFIX = "ollama-observe:cache:"

CONNECTIONS = 16
"""More at once would wait for the server all the same."""
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 5.0
LONGEST_MS = 10 * 365 * 24 * 3600 * 1000
"""Servers refuse times to live that overflow."""
_SPARE_MS = 60_000
"""What is too old goes when a proxy asks, and is counted; that much later without one."""


class ServerStore:
    """A Store. It connects when it is first asked, and again whenever that is needed."""

    def __init__(self, address: ServerAddress, bounds: Bounds, on_gone: Listener) -> None:
        self._address = address
        self._bounds = bounds
        self._on_gone = on_gone
        self._client = client_of(address)
        self._tokens = itertools.count()
        self._scripts = {
            text: self._client.register_script(text)
            for text in (scripts.GET, scripts.PUT, scripts.NEAR, scripts.HELD, scripts.FORGET)
        }

    async def get(self, key: bytes, now: float) -> Entry | None:
        """See Store."""
        lost, found = await self._run(scripts.GET, now, key.hex())
        self._tell({Cause.BYTES: lost})
        return unpacked(found) if found is not None else None

    async def put(self, key: bytes, entry: Entry, near: Near | None, now: float) -> bool:
        """See Store."""
        age, size = now - entry.stored_at, size_of(entry, near)
        longest_ms = _SPARE_MS + min(self._bounds.max_age_seconds * 1000, LONGEST_MS)
        replaced, over, heavy = await self._run(
            scripts.PUT,
            now,
            key.hex(),
            packed(entry),
            near.bucket.hex() if near is not None else "",
            near.vector if near is not None else b"",
            size,
            repr(entry.stored_at),
            int(min(max(_SPARE_MS, longest_ms - age * 1000), longest_ms)),
            int(longest_ms),
            self._bounds.entries,
            self._bounds.size_bytes,
        )
        self._tell({Cause.REPLACED: replaced, Cause.ENTRIES: over, Cause.BYTES: heavy})
        return self._bounds.take(size)

    async def near(self, bucket: bytes, now: float) -> Sequence[tuple[bytes, bytes]]:
        """See Store."""
        (found,) = await self._run(scripts.NEAR, now, bucket.hex())
        keys = (bytes.fromhex(key.decode()) for key in found[::2])
        return list(zip(keys, found[1::2], strict=True))

    async def clear(self) -> int:
        """See Store. What is not ours stays."""
        (count,) = await self._run(scripts.FORGET, 0.0)
        try:
            await self._unlink_all()
        except RedisError as error:
            raise StoreError(sentence_of(error, self._address.shown)) from None
        self._tell({Cause.CLEARED: count})
        return int(count)

    async def _unlink_all(self) -> None:
        cursor = -1
        while cursor:
            cursor, names = await self._client.scan(max(cursor, 0), match=f"{PREFIX}*", count=500)
            if names:
                await self._client.unlink(*names)

    async def held(self, now: float) -> Held:
        """See Store."""
        entries, size_bytes = await self._run(scripts.HELD, now)
        return Held(entries, size_bytes)

    async def close(self) -> None:
        """See Store."""
        await self._client.aclose()

    async def _run(self, script: str, now: float, *told: str | bytes | int) -> list[Any]:
        """What a script returns, but for what went because of its age."""
        token = b"%d" % next(self._tokens)
        given = [repr(self._bounds.oldest(now)), *told, token]
        try:
            found = await self._scripts[script](keys=[PREFIX], args=given)
        except RedisError as error:
            # `from None`: what the server says may hold what it was sent
            raise StoreError(sentence_of(error, self._address.shown)) from None
        if found[0] != token:
            # a connection on which somebody gave up waiting must not be used for another
            await self._client.connection_pool.disconnect()
            raise StoreError(f"{self._address.shown} answered another question than was asked")
        self._tell({Cause.AGE: found[1]})
        return list(found[2:])

    def _tell(self, gone: Mapping[Cause, int]) -> None:
        for cause, count in gone.items():
            if count:
                self._on_gone(cause, count)


def client_of(address: ServerAddress) -> Redis:
    """A client that has no connection yet. Raises: ValueError for options that nobody knows."""
    pool = BlockingConnectionPool.from_url(
        address.url,
        max_connections=CONNECTIONS,
        timeout=CONNECT_SECONDS,
        protocol=2,  # old servers know it, and it needs no greeting
        driver_info=None,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 1),  # once: a server that was started anew has closed connections
    )
    try:
        pool.connection_class(**pool.connection_kwargs)
    except (TypeError, ValueError, RedisError):
        raise ValueError(
            f"expected options after the `?` that a Redis client knows, found others at "
            f"{address.shown}"
        ) from None
    return Redis.from_pool(pool)
