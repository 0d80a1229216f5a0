"""Puts access together: what one relay process has of it, and what is checked at the start."""

from dataclasses import dataclass

from ollama_observe.metrics.ledger import Ledger
from proxy.access.counts import Counts, table_bytes
from proxy.access.gate import Gate
from proxy.access.holding import ModelBend
from proxy.access.introductions import Introduction
from proxy.access.keeper import Keeper, read_ring
from proxy.access.ring import KeyRing
from proxy.access.trust import Trust
from proxy.front import Bend, Threshold
from proxy.settings import ProxySettings
from proxy.shared import Shared


@dataclass(frozen=True, slots=True)
class Access:
    """One process's part; without keys there is no keeper, no counts and no bend."""

    threshold: Threshold
    bends: tuple[Bend, ...] = ()
    counts: Counts | None = None
    keeper: Keeper | None = None


def create_access(
    settings: ProxySettings, ledger: Ledger, shared: Shared, index: int = 0
) -> Access | None:
    """What the settings ask for; None: nothing. Raises: ValueError."""
    if not settings.knows_callers:
        return None
    trust = trust_of(settings)
    if settings.api_keys_file is None:
        return Access(Introduction(trust))
    counts = Counts(shared.access, settings.workers, index)
    keeper = Keeper(settings.api_keys_file, prepare=lambda ring: counts.expect(ring.aliases))
    gate = Gate(
        ring=lambda: keeper.ring,
        trust=trust,
        counts=counts,
        ledger=ledger,
        in_flight_seconds=settings.retry_after_seconds,
        gateway_reads_headers=settings.portkey_client_headers,
    )
    return Access(gate, (ModelBend(gate.note),), counts, keeper)


def access_bytes(settings: ProxySettings) -> int:
    """How much memory the relay processes share for it."""
    return 0 if settings.api_keys_file is None else table_bytes(settings.workers)


def trust_of(settings: ProxySettings) -> Trust:
    """The trusted addresses. Raises: ValueError."""
    return Trust(settings.trusted_addresses, settings.trusted_user_header)


def keys_of(settings: ProxySettings) -> KeyRing | None:
    """The keys of the file, if there is one. Raises: ValueError, OSError."""
    if settings.api_keys_file is None:
        return None
    if settings.user_aliases_file is not None:
        raise ValueError("expected no PROXY_USER_ALIASES_FILE beside it: keys have aliases here")
    return read_ring(settings.api_keys_file)
