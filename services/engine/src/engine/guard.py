"""Who may ask: Ollama's checks of Host and Origin, in front of every route.

Source: Ollama server/routes.go (`allowedHostsMiddleware`), recorded host-*, cors-*.
"""

import fnmatch
import ipaddress
import socket
from collections.abc import Sequence
from email.utils import formatdate

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]

_LOCAL_NAMES = ("localhost", "127.0.0.1", "0.0.0.0")
_OTHER_SCHEMES = ("app", "file", "tauri", "vscode-webview", "vscode-file")
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal")
_STAINLESS = (
    "Arch,Async,Custom-Poll-Interval,Helper-Method,Lang,Os,Package-Version,Poll-Helper,"
    "Retry-Count,Runtime,Runtime-Version,Timeout"
)
_ALLOWED_HEADERS = ",".join(
    ["Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta"]
    + [f"X-Stainless-{name}" for name in _STAINLESS.split(",")]
)


def default_origins() -> list[str]:
    """Origins that Ollama always accepts, as patterns."""
    web = [
        f"{scheme}://{name}{port}"
        for name in _LOCAL_NAMES
        for scheme in ("http", "https")
        for port in ("", ":*")
    ]
    return web + [f"{scheme}://*" for scheme in _OTHER_SCHEMES]


def is_allowed_host(host: str, own_name: str) -> bool:
    """Whether a Host header is one of this machine's names or a local address."""
    name = _without_port(host).lower()
    if name in ("", "localhost", own_name.lower()) or name.endswith(_LOCAL_SUFFIXES):
        return True
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_unspecified


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() and not name.endswith(":") else host


def is_allowed_origin(origin: str, host: str, patterns: Sequence[str]) -> bool:
    """Whether a browser's page of `origin` may ask; the same host always may."""
    return origin in (f"http://{host}", f"https://{host}") or any(
        fnmatch.fnmatchcase(origin, pattern) for pattern in patterns
    )


class Guard:
    """An ASGI app that checks Host and Origin and adds the Date that Ollama sends."""

    def __init__(self, app: ASGIApp, *, checks_host: bool, origins: Sequence[str]) -> None:
        self._app = app
        self._checks_host = checks_host
        self._origins = [*default_origins(), *origins]
        self._own_name = socket.gethostname()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http":
            return
        given = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = given.get(b"host", ""), given.get(b"origin", "")
        is_cross = bool(origin) and origin not in (f"http://{host}", f"https://{host}")
        if origin and not is_allowed_origin(origin, host, self._origins):
            await self._refuse(scope, receive, send)
        elif is_cross and scope["method"] == "OPTIONS":
            await _empty(send, 204, _preflight(origin) + await self._allow(scope, receive))
        elif self._checks_host and not is_allowed_host(host, self._own_name):
            await _empty(send, 403, [])
        else:
            added = [(b"access-control-allow-origin", origin.encode()), (b"vary", b"Origin")]
            await self._app(scope, receive, _adding(send, added if is_cross else []))

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        options = scope["method"] == "OPTIONS"
        await _empty(send, 403, await self._allow(scope, receive) if options else [])

    async def _allow(self, scope: Scope, receive: Receive) -> Headers:
        """The methods of a path, as the app names them in its 405."""
        found: Headers = []

        async def look(message: Message) -> None:
            found.extend(pair for pair in message.get("headers", []) if pair[0] == b"allow")

        await self._app(scope, receive, look)
        return found


def _preflight(origin: str) -> Headers:
    pairs = (
        ("access-control-allow-headers", _ALLOWED_HEADERS),
        ("access-control-allow-methods", "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"),
        ("access-control-allow-origin", origin),
        ("access-control-max-age", "43200"),
        ("vary", "Origin"),
        ("vary", "Access-Control-Request-Method"),
        ("vary", "Access-Control-Request-Headers"),
    )
    return [(name.encode(), value.encode()) for name, value in pairs]


def _date() -> tuple[bytes, bytes]:
    return b"date", formatdate(usegmt=True).encode()


def _adding(send: Send, headers: Headers) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *headers, _date()]
        await send(message)

    return with_headers


async def _empty(send: Send, status: int, headers: Headers) -> None:
    length: Headers = [] if status == 204 else [(b"content-length", b"0")]
    start = {"type": "http.response.start", "status": status}
    await send(start | {"headers": [*headers, *length, _date()]})
    await send({"type": "http.response.body", "body": b""})
