"""The models that a key may ask, looked for in a body before anything of it is sent.

A bend of the way, for keys that are held to some: the body is kept until it is whole. One of which
it is not certain what it asks for is refused with the reason, be it too long, compressed or a form.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ollama_observe.wire.endpoints import Endpoint
from ollama_observe.wire.requests import COPY_LIMIT_BYTES
from proxy.access.denials import NOT_THIS_MODEL, Denial, Reason, unclear
from proxy.access.grants import Grant
from proxy.access.naming import UnclearBody, models_in
from proxy.access.routes import Need, has_older_name, need_of
from proxy.detours import Detour
from proxy.headers import lines_without
from proxy.heads import RequestHead
from proxy.recorder import Recorder
from proxy.ways import Trip

Note = Callable[[Denial, Grant | None], None]
"""Counts a refusal."""

_BODILESS = frozenset({b"GET", b"HEAD", b"OPTIONS"})
_EXPECT = (b"expect",)


@dataclass(frozen=True, slots=True)
class ModelBend:
    """A Bend."""

    note: Note

    def __call__(self, trip: Trip, head: RequestHead, recorder: Recorder) -> Trip:
        """See Bend."""
        grant, endpoint = recorder.story.grant, recorder.endpoint
        if grant is None or not grant.is_held_to_models:
            return trip
        is_bodiless = head.method in _BODILESS and head.length == 0
        if is_bodiless or need_of(endpoint, head) is not Need.MODEL:
            return trip
        # the body is here before the upstream is asked, so nobody waits for its go-ahead
        head.passing = lines_without(head.passing, _EXPECT)
        return HeldTrip(trip, grant, endpoint, self.note)


class HeldTrip(Detour):
    """A trip of a request that may ask some models only."""

    def __init__(self, trip: Trip, grant: Grant, endpoint: Endpoint, note: Note) -> None:
        super().__init__(trip)
        self._grant = grant
        self._endpoint = endpoint
        self._note = note

    @property
    def body_limit_bytes(self) -> int:
        """See Way."""
        return self.trip.body_limit_bytes or COPY_LIMIT_BYTES

    def body(self, body: bytes | None) -> bytes | None:
        """See Way. Raises: Refusal."""
        try:
            self._check(body)
        except Denial as denial:
            self._note(denial, self._grant)
            raise
        return self.trip.body(body)

    def _check(self, body: bytes | None) -> None:
        try:
            if body is None:
                raise UnclearBody(f"expected a body of {self.body_limit_bytes} bytes at most")
            models = models_in(body, has_older_name(self._endpoint))
        except UnclearBody as error:
            raise unclear(error) from None
        if not all(map(self._grant.may_ask, models)):
            raise Denial(Reason.MODEL, NOT_THIS_MODEL)
