"""Whom the scripted Ollama answers: its rules for Host and Origin when bound to loopback.

Source: Ollama server/routes.go, allowedHostsMiddleware; the captures host-*, cors-*.
"""

import ipaddress
from urllib.parse import urlsplit

from tests.fakes.call import Call, RawHeaders

_LOCAL_SUFFIXES = (".localhost", ".local", ".internal")
_LOCAL_ORIGINS = ("localhost", "127.0.0.1", "0.0.0.0")
_APP_SCHEMES = ("app", "file", "tauri")
_VARY = (b"Vary", b"Origin")


def allows_host(host: str | None) -> bool:
    """Whether a request that names this host is answered at all."""
    name = urlsplit(f"//{host or ''}").hostname or ""
    if name in ("", "localhost") or name.endswith(_LOCAL_SUFFIXES):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_unspecified


def allows_origin(origin: str, host: str | None) -> bool:
    """Whether a page of this origin may read answers."""
    parts = urlsplit(origin)
    if parts.scheme in _APP_SCHEMES or parts.scheme.startswith("vscode-"):
        return True
    if parts.scheme not in ("http", "https"):
        return False
    return parts.hostname in _LOCAL_ORIGINS or parts.netloc == host


def cors_headers(call: Call) -> RawHeaders | None:
    """What a request with an Origin gets besides; None when it is refused."""
    origin, host = call.header("origin"), call.header("host")
    if origin is None or urlsplit(origin).netloc == host:
        return []
    if not allows_origin(origin, host):
        return None
    return [(b"Access-Control-Allow-Origin", origin.encode("latin-1")), _VARY]


def preflight_headers(allowed: RawHeaders) -> RawHeaders:
    """What a preflight gets that is answered."""
    return [
        *allowed,
        (b"Access-Control-Allow-Methods", b"GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"),
        (b"Access-Control-Allow-Headers", b"Authorization,Content-Type,User-Agent,Accept"),
        (b"Access-Control-Max-Age", b"43200"),
        (b"Vary", b"Access-Control-Request-Method"),
        (b"Vary", b"Access-Control-Request-Headers"),
    ]
