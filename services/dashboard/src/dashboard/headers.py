"""What browsers are told of every answer, and what nobody may do: pure ASGI, around the app."""

from collections.abc import Collection, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ollama_observe.service.guard import host_refusal

READING = ("GET", "HEAD")

FOR_ALL = ("/live", "/ready", "/metrics")
"""What answers under any name: who scrapes and probes has one of its own, and reads no address."""

POLICY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
"""Everything comes from here; nothing inline runs, and no page has this one in a frame."""

SECURITY = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class ReadOnly:
    """An app that is only read, by this machine's own names, with the headers on every answer."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(message)
            await send(message)

        answer = self._refusal(scope) or self._app
        await answer(scope, receive, with_headers)

    def _refusal(self, scope: MutableMapping[str, Any]) -> ASGIApp | None:
        if scope["method"] not in READING:
            said = f"the dashboard is only read: expected GET or HEAD, found {scope['method']}\n"
            return PlainTextResponse(said, 405, {"allow": ", ".join(READING)})
        if scope["path"] in FOR_ALL:
            return None
        said_of_host = host_refusal(Headers(scope=scope), self._names)
        if said_of_host is None:
            return None
        remedy = "DASHBOARD_ALLOWED_ORIGINS=http://NAME:PORT permits another name"
        return PlainTextResponse(f"{said_of_host}; {remedy}\n", 403)


def _add(message: Message) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in SECURITY.items():
        headers.setdefault(name, value)
    headers.setdefault("cache-control", "no-store")
