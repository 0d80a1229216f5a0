"""Somebody who is told of a request and says little."""

from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.requests import read_request
from proxy.outcomes import Ending
from proxy.routing import Bypass
from proxy.witness import Unmoved


class SilentWitness(Unmoved):
    """A Witness that keeps why a request went another way, and whether counts were asked for."""

    def __init__(self, path: str = "/v1/chat/completions") -> None:
        self.endpoint = endpoint_of(path)
        self.reasons: list[Bypass] = []
        self.has_asked = False
        self.endings: list[Ending] = []

    def read(self, body: bytes) -> None:
        """The request's body has come."""
        self.facts = read_request(body)

    def usage_asked(self) -> None:
        """See Witness."""
        self.has_asked = True

    def rerouted(self, reason: Bypass) -> None:
        """See Witness."""
        self.reasons.append(reason)

    def ended(self, at: float, ending: Ending) -> None:
        """See Witness."""
        self.endings.append(ending)
