"""Somebody who is told of a request and says little."""

from ollama_observe.wire.endpoints import Endpoint, endpoint_of
from ollama_observe.wire.requests import UNREADABLE, RequestFacts, read_request
from proxy.headers import Headers
from proxy.outcomes import Ending
from proxy.routing import Bypass


class SilentWitness:
    """A Witness that keeps why a request went another way, and whether counts were asked for."""

    request_id = "id-1"

    def __init__(self, path: str = "/v1/chat/completions") -> None:
        self.endpoint: Endpoint = endpoint_of(path)
        self.facts: RequestFacts = UNREADABLE
        self.reasons: list[Bypass] = []
        self.has_asked = False
        self.endings: list[Ending] = []

    def read(self, body: bytes) -> None:
        """The request's body has come."""
        self.facts = read_request(body)

    def body_piece(self, data: bytes) -> None:
        """See Witness."""

    def request_read(self, at: float) -> None:
        """See Witness."""

    def connected(self, asked_at: float, at: float) -> None:
        """See Witness."""

    def usage_asked(self) -> None:
        """See Witness."""
        self.has_asked = True

    def rerouted(self, reason: Bypass) -> None:
        """See Witness."""
        self.reasons.append(reason)

    def client_keeps_up(self, is_so: bool) -> None:
        """See Witness."""

    def request_sent(self, at: float) -> None:
        """See Witness."""

    def head_received(self, at: float, status: int, headers: Headers) -> None:
        """See Witness."""

    def pieces_received(self, at: float, pieces: list[bytes], handed_on_at: float) -> None:
        """See Witness."""

    def withheld(self, size: int) -> None:
        """See Witness."""

    def answered(self, size: int) -> None:
        """See Witness."""

    def ended(self, at: float, ending: Ending) -> None:
        """See Witness."""
        self.endings.append(ending)
