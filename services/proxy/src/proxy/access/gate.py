"""Lets requests in by what they bring: the front door's first threshold where keys are asked for.

A key is for this proxy alone. What goes on carries none, whatever field it was in, so that the
credentials of PROXY_OLLAMA_URL count there, and neither Ollama nor the gateway sees a client's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ollama_observe.metrics.catalogue import access as m
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.metric import NONE, OTHER
from ollama_observe.wire.endpoints import Endpoint
from proxy.access.counts import Counts
from proxy.access.denials import NOT_THIS_MODEL, Denial, Reason, unclear
from proxy.access.entries import Entry
from proxy.access.grants import Grant, Party
from proxy.access.limits import excess_of
from proxy.access.naming import UnclearBody, check_head, is_told_to_gateway
from proxy.access.ring import KeyRing
from proxy.access.routes import Need, is_preflight, model_in_path, need_of
from proxy.access.trust import Trust, UnreadableUser
from proxy.credentials import KEY_HEADERS, keys_in
from proxy.headers import Headers, lines_without
from proxy.heads import RequestHead
from proxy.recorder import Recorder

_MISSING = (
    "an API key is needed: send it as `Authorization: Bearer KEY`, or as x-api-key or api-key"
)
_UNKNOWN = "this API key is not known here"
_EXPIRED = "this API key has expired"
_MAY_NOT_MANAGE = (
    "this key may list models, show them and ask them; anything else takes one that may manage"
)
_MAY_NOT_STEER = (
    "x-portkey-* headers choose what the gateway does and where: they take a key that may manage"
)
_UNREADABLE = "a trusted address names a user, and it cannot be read whom"


@dataclass(frozen=True, slots=True)
class Gate:
    """A Threshold. `ring` gives the keys of now."""

    ring: Callable[[], KeyRing]
    trust: Trust
    counts: Counts
    ledger: Ledger
    in_flight_seconds: int
    """What is told who has enough in flight: how long to wait."""
    gateway_reads_headers: bool = False
    """Clients' own x-portkey-* headers go through to the gateway."""

    def __call__(self, head: RequestHead, recorder: Recorder) -> None:
        """See Threshold. Raises: Refusal."""
        if not head.method:  # it is no request
            return
        if is_preflight(head) and not self._is_steered(head):
            _strip(head)
            return
        grant: Grant | None = None
        story = recorder.story
        try:
            grant = self._grant(head)
            story.user, story.priority, head.caller = grant.user, grant.priority, grant.caller
            self._check_route(grant, head, story.endpoint)
            for party in grant.parties:
                excess = excess_of(self.counts, party, self.in_flight_seconds)
                if excess is not None:
                    raise excess
        except Denial as denial:
            self.note(denial, grant)
            raise
        for party in grant.parties:
            self.counts.enter(party.place)
        story.grant = grant
        _strip(head)

    def note(self, denial: Denial, grant: Grant | None) -> None:
        """Count a refusal: by alias where the file has it, whose names are the operator's."""
        user = NONE
        if grant is not None:
            for party in grant.parties:
                self.counts.refuse(party.place)
            user = grant.user if self.ring().named(grant.user) is not None else OTHER
        self.ledger.add(m.REFUSALS, 1, (user, denial.reason.value))

    def _grant(self, head: RequestHead) -> Grant:
        """Whose a request is. Raises: Denial."""
        ring = self.ring()
        found = self._by_key(ring, head.headers)
        user = self._user_of(head)
        entry = (ring.named(user) or ring.anybody) if user else None
        if entry is not None and self._is_expired(entry):
            raise Denial(Reason.EXPIRED, _EXPIRED)
        parties = [] if found is None else [self._party(found.alias, found)]
        if entry is None and user and found is not None:
            entry = Entry(user, manage=True)  # nothing is said of it: the key alone decides
        if entry is not None and (found is None or user != found.alias):
            parties.append(self._party(user, entry))
        if not parties:
            raise Denial(Reason.MISSING, _MISSING)
        return Grant(tuple(parties))

    def _by_key(self, ring: KeyRing, headers: Headers) -> Entry | None:
        keys = keys_in(headers)
        owners = [owner for key in keys if (owner := ring.owner(key)) is not None]
        if keys and not owners:
            raise Denial(Reason.UNKNOWN, _UNKNOWN)
        if owners and self._is_expired(owners[0]):
            raise Denial(Reason.EXPIRED, _EXPIRED)
        return owners[0] if owners else None

    def _user_of(self, head: RequestHead) -> str:
        """Who is named by whom that is believed. Raises: Denial: it is none whom no entry holds."""
        try:
            return self.trust.user_of(head)
        except UnreadableUser as error:
            raise Denial(Reason.USER, f"{_UNREADABLE}: {error}") from None

    def _is_steered(self, head: RequestHead) -> bool:
        return self.gateway_reads_headers and is_told_to_gateway(head)

    def _is_expired(self, entry: Entry) -> bool:
        return entry.is_expired(self.counts.wall_clock())

    def _party(self, alias: str, entry: Entry) -> Party:
        return Party(alias, entry, self.counts.place(alias))

    def _check_route(self, grant: Grant, head: RequestHead, endpoint: Endpoint) -> None:
        """What of a route its head alone tells. Raises: Denial."""
        need = need_of(endpoint, head)
        if need is Need.MANAGE and not grant.may_manage:
            raise Denial(Reason.MANAGE, _MAY_NOT_MANAGE)
        if self._is_steered(head) and not grant.may_manage:
            raise Denial(Reason.MANAGE, _MAY_NOT_STEER)
        if not grant.is_held_to_models:
            return
        if need is Need.PATH and not grant.may_ask(model_in_path(head)):
            raise Denial(Reason.MODEL, NOT_THIS_MODEL)
        if need is Need.MODEL:
            try:
                check_head(head)
            except UnclearBody as error:
                raise unclear(error) from None


def _strip(head: RequestHead) -> None:
    if KEY_HEADERS.isdisjoint(head.headers):
        return
    head.passing = lines_without(head.passing, KEY_HEADERS)
    head.headers = {name: value for name, value in head.headers.items() if name not in KEY_HEADERS}
