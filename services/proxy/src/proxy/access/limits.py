"""Whether a party has asked for as much as it may."""

from proxy.access.counts import Counts
from proxy.access.denials import Denial, Reason
from proxy.access.grants import Party
from proxy.access.windows import seconds_until_below, seconds_until_tomorrow


def excess_of(counts: Counts, party: Party, in_flight_seconds: int) -> Denial | None:
    """Why a party's next request has to wait; None where it need not.

    `in_flight_seconds` is how long to wait where others of its own are in flight: when they end
    nobody knows.
    """
    limits, place = party.entry.limits, party.place
    limit = limits.max_in_flight
    if limit is not None and counts.in_flight(place) >= limit:
        said = f"you have {limit} requests in flight, your limit: wait until one has ended"
        return Denial(Reason.IN_FLIGHT, said, in_flight_seconds)
    limit = limits.requests_per_minute
    if limit is not None:
        seconds = _wait(counts.requests_by_step(place), limit, counts.clock())
        if seconds:
            return _minute(Reason.REQUESTS, limit, seconds)
    limit = limits.tokens_per_minute
    if limit is not None:
        seconds = _wait(counts.tokens_by_step(place), limit, counts.clock())
        if seconds:
            return _minute(Reason.TOKENS, limit, seconds)
    limit = limits.tokens_per_day
    if limit is not None and counts.tokens_today(place) >= limit:
        said = f"you have had your {limit} tokens of the day, which ends at midnight UTC"
        return Denial(Reason.TOKENS, said, seconds_until_tomorrow(counts.wall_clock()))
    return None


def _wait(amounts: list[int], limit: int, now: float) -> int:
    return seconds_until_below(amounts, limit, now) if sum(amounts) >= limit else 0


def _minute(reason: Reason, limit: int, seconds: int) -> Denial:
    said = f"you have had your {limit} {reason} of a minute: ask again in {seconds} s"
    return Denial(reason, said, seconds)
