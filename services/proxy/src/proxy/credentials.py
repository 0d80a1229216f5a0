"""Where a request may carry an API key. One list for all who look for one, or take it away."""

from proxy.headers import Headers

KEY_HEADERS = frozenset({b"authorization", b"x-api-key", b"api-key"})
"""Fields in which the clients of OpenAI, Anthropic and Azure send their keys."""

_OTHERS = (b"x-api-key", b"api-key")


def keys_in(headers: Headers) -> list[bytes]:
    """The keys that a request brings, the one that counts first; empty where it brings none."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    found = [token.strip()] if scheme.lower() == b"bearer" else []
    found += [headers.get(name, b"").strip() for name in _OTHERS]
    return [key for key in found if key]
