"""Which addresses may be sent questions: those of this machine, unless told otherwise. Pure."""

from urllib.parse import urlsplit

from ollama_observe.service.addresses import is_http_url, is_loopback

LOCAL_HOSTS = frozenset(
    {"localhost", "host.docker.internal", "front", "proxy", "engine", "ollama", "portkey"}
)
"""Names that stay on this machine: the loopback, and the services of our compose file."""


def near_address(value: str, *, allow_remote: bool) -> str:
    """An address without a closing slash. Raises: ValueError for one that may not be asked."""
    if not is_http_url(value):
        raise ValueError("expected http://host:port")
    parts = urlsplit(value)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("expected http://host:port, without credentials, query or fragment")
    if not allow_remote and not is_local(parts.hostname or ""):
        raise ValueError("not on this machine; --allow-remote permits it")
    return value.rstrip("/")


def is_local(host: str) -> bool:
    """Whether `host` is the loopback or a service of our compose file, judged by name alone."""
    return host in LOCAL_HOSTS or host.endswith(".localhost") or is_loopback(host)
