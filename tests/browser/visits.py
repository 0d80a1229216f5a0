"""Visits of a dashboard by Chromium: where pages asked, and what they complained of, is noted."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

WITHIN_MS = 20_000
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
ALL_AT_ONCE: dict[str, Any] = {"viewport": {"width": 1280, "height": 12_000}}
"""Panels are asked for when they are seen."""
Theme = Literal["dark", "light"]

LINE_LOST = re.compile(r"^WebSocket connection to .* failed")
"""Chromium's own word, which no page can keep it from, where nobody answers."""

NETWORK_CHANGED = re.compile("ERR_NETWORK_CHANGED")
"""Chromium gives up what it loads when a network of this machine comes or goes, as Docker's do; the
page is to load itself again."""

_FLAGS = (
    "--no-sandbox",
    # what a page would ask of others than this machine finds nobody
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@contextlib.contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """A browser while the block runs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(slots=True)
class Visits:
    """Opens pages of a dashboard at `url`, each in a profile of its own."""

    browser: Browser
    url: str
    expected: Sequence[re.Pattern[str]] = ()
    """What may be complained of: a test that takes the server away says so."""
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    _sockets: dict[Page, WebSocket] = field(default_factory=dict, init=False)

    def __call__(
        self,
        path: str = "",
        theme: Theme = "dark",
        device: dict[str, Any] = WIDE,
        awaited: str = "#parts li",
    ) -> Page:
        """Open the page, and wait until the server has spoken."""
        context = self.browser.new_context(
            **device, color_scheme=theme, locale="en-GB", timezone_id="Europe/Berlin"
        )
        context.set_default_timeout(WITHIN_MS)
        context.on("request", lambda request: self._asked(request.url))
        page = context.new_page()
        page.on("websocket", lambda socket: self._opened(page, socket))
        page.on("console", lambda message: self._told(message.type, message.text))
        page.on("pageerror", lambda error: self._told("error", str(error)))
        page.goto(f"{self.url}/{path}")
        page.wait_for_selector(awaited)
        return page

    def hear(self, page: Page, count: int) -> None:
        """Wait until the server has said something so many times more."""
        for _ in range(count):
            self._sockets[page].wait_for_event("framereceived")

    def end(self) -> None:
        """Close all pages; they asked nobody but their dashboard, and complained of nothing."""
        for context in self.browser.contexts:
            context.close()
        assert self.complaints == [], self.complaints
        assert self.hosts <= {urlsplit(self.url).netloc}

    def _opened(self, page: Page, socket: WebSocket) -> None:
        self._sockets[page] = socket
        self._asked(socket.url)

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob"):
            self.hosts.add(parts.netloc)

    def _told(self, kind: str, text: str) -> None:
        expected = (*self.expected, NETWORK_CHANGED)
        if kind in ("error", "warning") and not any(one.search(text) for one in expected):
            self.complaints.append(text)
