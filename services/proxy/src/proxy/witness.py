"""Who takes note of a request as it passes: what an exchange tells, and may ask."""

from typing import Protocol

from ollama_observe.wire.endpoints import Endpoint
from ollama_observe.wire.requests import UNREADABLE, RequestFacts
from proxy.cache.entries import Entry
from proxy.cache.results import Result
from proxy.headers import Headers
from proxy.outcomes import Ending
from proxy.portkey.config import PortkeyConfig
from proxy.portkey.passages import Passage
from proxy.queue.standing import Standing
from proxy.routing import Bypass


class Rest(Protocol):
    """Who takes note of an answer after its client has left, while others wait for it."""

    def pieces_received(self, at: float, pieces: list[bytes]) -> None:
        """Payload of the answer came."""

    def ended(self, at: float, ending: Ending) -> None:
        """Nothing more comes; CLIENT_GONE: nobody was left. Called exactly once."""


class Witness(Protocol):
    """Told of one request. No method raises: what is measured may not touch the traffic.

    Instants are seconds of the relay's clock.
    """

    @property
    def request_id(self) -> str:
        """The id that the client gave, or that was made for it."""

    @property
    def endpoint(self) -> Endpoint:
        """The route that the request is for."""

    @property
    def facts(self) -> RequestFacts:
        """What the request's body says, once it has been read."""

    def body_piece(self, data: bytes) -> None:
        """A piece of the request's body has come."""

    def request_read(self, at: float) -> None:
        """The request's last byte has come."""

    def connected(self, asked_at: float, at: float) -> None:
        """There is a connection to the upstream: how long the whole request waited for it."""

    def usage_asked(self) -> None:
        """Token counts were asked for in the client's name."""

    def looked_up(self, result: Result, entry: Entry | None, seconds: float = 0.0) -> None:
        """The answer cache was looked into for so long; `entry` is what it has.

        The last word counts: a look may be followed by another, and a miss may become a hit.
        """

    def queues(self, standing: Standing, at: float) -> None:
        """It has come to the proxy's queue, and waits there until its turn comes."""

    def turn_came(self, at: float) -> None:
        """Its turn has come: it goes on."""

    def hands_on(self) -> None:
        """Its client leaves before anything came, and its request becomes another's."""

    def takes_over(self, sent_at: float) -> None:
        """What another has sent, and has left, is now this one's."""

    def outlived(self) -> Rest | None:
        """Its client leaves, and others get the rest; None where it had everything."""

    def crosses(self, passage: Passage, config: PortkeyConfig) -> None:
        """The request goes through the gateway, which is told to do with it as `config` says."""

    def rerouted(self, reason: Bypass) -> None:
        """The request goes directly: the way that was chosen for it is not to be had."""

    def request_sent(self, at: float) -> None:
        """The request's last byte was handed to the upstream's transport."""

    def head_received(self, at: float, status: int, headers: Headers) -> None:
        """The final answer begins."""

    def pieces_received(self, at: float, pieces: list[bytes], handed_on_at: float) -> None:
        """Payload of the answer came with one read at `at`, and was handed on."""

    def client_keeps_up(self, at: float, is_so: bool) -> None:
        """Its client takes no more of the answer for now, or again."""

    def withheld(self, size: int) -> None:
        """So many bytes of the answer's payload did not go on."""

    def answered(self, size: int) -> None:
        """The proxy answered itself, with a body of so many bytes."""

    def ended(self, at: float, ending: Ending) -> None:
        """The request is over. Called exactly once."""


class Unmoved:
    """What a witness has that takes note of little: nothing said, nothing kept."""

    request_id = ""
    facts: RequestFacts = UNREADABLE

    def body_piece(self, data: bytes) -> None:
        """See Witness."""

    def request_read(self, at: float) -> None:
        """See Witness."""

    def connected(self, asked_at: float, at: float) -> None:
        """See Witness."""

    def usage_asked(self) -> None:
        """See Witness."""

    def looked_up(self, result: Result, entry: Entry | None, seconds: float = 0.0) -> None:
        """See Witness."""

    def queues(self, standing: Standing, at: float) -> None:
        """See Witness."""

    def turn_came(self, at: float) -> None:
        """See Witness."""

    def hands_on(self) -> None:
        """See Witness."""

    def takes_over(self, sent_at: float) -> None:
        """See Witness."""

    def outlived(self) -> Rest | None:
        """See Witness: of the rest nothing is noted either."""
        return None

    def crosses(self, passage: Passage, config: PortkeyConfig) -> None:
        """See Witness."""

    def rerouted(self, reason: Bypass) -> None:
        """See Witness."""

    def client_keeps_up(self, at: float, is_so: bool) -> None:
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
