"""What a host name or an address says, without asking anybody."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone, judged by its name; names are not looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_http_url(text: str) -> bool:
    """Whether a text is an address like http://host:port, with whatever comes before and after."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises ValueError for one out of range
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def without_credentials(url: str) -> str:
    """An address of HTTP as it may be shown: without user, password, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def found_words(value: object) -> str:
    """What a refusal of a setting adds to say what was set; nothing that may hold a password."""
    return "" if "@" in str(value) else f", found {value!r}"
