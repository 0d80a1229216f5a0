"""What each alias has used, and what it has left: JSON for operators, over all processes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from proxy.access.counts import Counts
from proxy.access.entries import Entry
from proxy.access.keeper import Keeper

OFF = "nobody is asked for a key: PROXY_API_KEYS_FILE turns that on"


class UsageBook:
    """Reads the numbers of all relay processes. No key and no hash of one is in what it tells."""

    def __init__(self, keeper: Keeper, counts: Counts) -> None:
        self._keeper = keeper
        self._counts = counts

    def told(self) -> dict[str, Any]:
        """The aliases of the file, then those that have asked and are not in it."""
        ring = self._keeper.ring
        places = dict(self._counts.aliases())
        entries: dict[str, Entry | None] = {entry.alias: entry for entry in ring.entries}
        entries |= {alias: ring.anybody for alias in places if alias not in entries}
        told: dict[str, Any] = {
            "aliases": [self._alias(alias, entry, places) for alias, entry in entries.items()]
        }
        if self._keeper.mistake:
            told["mistake"] = self._keeper.mistake
        return told

    def _alias(self, alias: str, entry: Entry | None, places: Mapping[str, int]) -> dict[str, Any]:
        told: dict[str, Any] = {"alias": alias}
        if entry is not None:
            told |= _entry(entry, self._counts.wall_clock())
        place = places.get(alias)
        if place is not None:
            told |= self._used(place)
            if entry is not None:
                told["left"] = _left(entry, told)
        return told

    def _used(self, place: int) -> dict[str, Any]:
        counts = self._counts
        totals = counts.totals(place)
        return {
            "in_flight": counts.in_flight(place),
            "last_minute": {
                "requests": sum(counts.requests_by_step(place)),
                "tokens": sum(counts.tokens_by_step(place)),
            },
            "today": {
                "requests": counts.requests_today(place),
                "tokens": counts.tokens_today(place),
            },
            "since_start": {
                "requests": totals.requests,
                "refused": totals.refused,
                "prompt_tokens": totals.prompt_tokens,
                "generated_tokens": totals.generated_tokens,
                "model_seconds": round(totals.model_seconds, 3),
            },
        }


def _entry(entry: Entry, unix_seconds: float) -> dict[str, Any]:
    limits = {
        name: limit
        for name in entry.limits.__dataclass_fields__
        if (limit := getattr(entry.limits, name)) is not None
    }
    told: dict[str, Any] = {"keys": len(entry.digests), "manage": entry.manage, "limits": limits}
    if entry.models is not None:
        told["models"] = list(entry.models.written)
    if entry.priority:
        told["priority"] = entry.priority
    if entry.expires_at is not None:
        told["expires"] = datetime.fromtimestamp(entry.expires_at, UTC).isoformat()
        told["expired"] = entry.is_expired(unix_seconds)
    return told


def _left(entry: Entry, told: Mapping[str, Any]) -> dict[str, int]:
    """Of each limit that there is, how much is not used."""
    limits = entry.limits
    pairs = {
        "requests_per_minute": (limits.requests_per_minute, told["last_minute"]["requests"]),
        "tokens_per_minute": (limits.tokens_per_minute, told["last_minute"]["tokens"]),
        "tokens_per_day": (limits.tokens_per_day, told["today"]["tokens"]),
        "max_in_flight": (limits.max_in_flight, told["in_flight"]),
    }
    return {
        name: max(0, limit - used) for name, (limit, used) in pairs.items() if limit is not None
    }
