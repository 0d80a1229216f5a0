"""What all viewers see, and what of it is said to who asks for the health."""

from dashboard.books import Books
from dashboard.hub import Hub
from dashboard.messages import Live, State, Strip
from ollama_observe.service.http import Check


class Shown:
    """Hands on to all what is for all, and remembers the latest."""

    def __init__(self, hub: Hub, books: Books) -> None:
        self._hub = hub
        self._books = books
        self._live: Live | None = None
        self._strip: Strip | None = None

    def show_live(self, live: Live) -> None:
        """What is in flight."""
        self._live = live
        self._books.follows(not live.error)
        self._hub.show_live(live)

    def show_strip(self, strip: Strip) -> None:
        """Whether it is all right."""
        self._strip = strip
        self._hub.show_strip(strip)

    async def check_live(self) -> Check:
        """Whether the proxy tells what is in flight."""
        if self._live is None:
            return Check(False, "the proxy was not asked yet")
        return Check(not self._live.error, self._live.error or "is followed")

    async def check_prometheus(self) -> Check:
        """Whether there is history."""
        if self._strip is None:
            return Check(False, "Prometheus was not asked yet")
        (part,) = (part for part in self._strip.parts if part.name == "prometheus")
        return Check(part.state is not State.DOWN, part.reason, part.state is State.OK)
