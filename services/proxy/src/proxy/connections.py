"""What takes a request and has its answer told, event by event, and who asks for that.

An upstream's connection is in upstream.py; others stand for one: a recording, a seat among several.
"""

from typing import Protocol

from proxy.failures import UpstreamError
from proxy.heads import ResponseHead


class Connection(Protocol):
    """Takes a request, and has its answer told: an upstream's, or one that stands for it."""

    def begin(self, asker: "Asker", method: bytes) -> None:
        """Serve `asker` until its answer has ended, or it gives the connection up."""

    def send(self, data: bytes) -> None:
        """Send bytes of the request."""

    def request_ended(self) -> None:
        """The request was sent whole."""

    def send_end(self) -> bool:
        """Tell that the client has closed its sending side; False where there is no way to."""

    def pause(self) -> None:
        """Tell no more for now: the client does not keep up."""

    def resume(self) -> None:
        """Tell on."""

    def give_up(self) -> None:
        """Nobody waits for the answer any more."""


class Cancellable(Protocol):
    """What can be stopped."""

    def cancel(self) -> object:
        """Stop it."""


class Pool(Protocol):
    """Where connections come from."""

    def ask(self, asker: "Asker") -> Cancellable | None:
        """Find a connection for `asker`, at once or by what is returned. Cancel it to stop."""


class Asker(Protocol):
    """Who asked: told what becomes of the request."""

    def connected(self, connection: Connection) -> None:
        """There is a connection: the request may be sent."""

    def interim_received(self, head: ResponseHead) -> None:
        """A 1xx answer came; the final one follows."""

    def head_received(self, at: float, head: ResponseHead) -> None:
        """The final answer begins. What it brings of its body follows at once."""

    def body_received(self, at: float, raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        """Bytes of the body as they came (`raw`, perhaps none), and the payload in them."""

    def failed(self, error: UpstreamError) -> None:
        """There is no whole answer, and nothing more will be told."""

    def sending_paused(self) -> None:
        """The upstream takes no more for now."""

    def sending_resumed(self) -> None:
        """The upstream takes more."""
