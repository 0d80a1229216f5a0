"""The cache as an operator asks of it: what it is, where it keeps answers, and that it empties."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ollama_observe.service.addresses import without_credentials
from proxy.cache.plan import Plan
from proxy.cache.stores.choosing import Place
from proxy.cache.stores.store import Store
from proxy.shared import Shared

OFF = "the answer cache is off: PROXY_CACHE=simple or semantic turns it on"


@dataclass(frozen=True, slots=True)
class CacheControl:
    """One proxy's cache, over all its processes.

    `empty` empties the memory of this process's own; None where others relay, which see by the
    shared memory that they are to. `open_store` opens a store that all processes share.
    """

    plan: Plan
    place: Place
    shared: Shared
    empty: Callable[[], Awaitable[int]] | None
    open_store: Callable[[], Store]

    def told(self) -> dict[str, object]:
        """What it is, as JSON; no credentials of a server are in it."""
        is_server = self.place.kind == Place.SERVER
        return {
            "mode": self.plan.mode,
            "max_age_seconds": self.plan.max_age_seconds,
            "store": self.place.kind,
            "where": without_credentials(self.place.where) if is_server else self.place.where,
        }

    async def clear(self) -> int | None:
        """Empty it; how many answers there were, None where that is not known.

        Raises: StoreError.
        """
        self.shared.begin_cache_epoch()
        if self.place.kind == Place.MEMORY:
            return None if self.empty is None else await self.empty()
        store = self.open_store()
        try:
            return await store.clear()
        finally:
            await store.close()
