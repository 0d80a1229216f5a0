"""Asks servers on this machine, which have no certificates: to read those that the world has takes
longer than most tests."""

import ssl

import httpx2

_NONE = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody."""


def http_client(url: str = "", timeout_seconds: float = 5.0) -> httpx2.AsyncClient:
    """A client as services have it, but for plain HTTP alone. `url` goes before all paths."""
    return httpx2.AsyncClient(base_url=url, trust_env=False, verify=_NONE, timeout=timeout_seconds)
