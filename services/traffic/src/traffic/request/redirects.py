"""What is said of an answer that points elsewhere: nobody here follows it. Pure."""

from urllib.parse import urlsplit

from traffic.lines import one_line

LONGEST_HOST = 100
REDIRECTS = range(300, 400)


def redirect(status: int, location: str | None) -> str | None:
    """Which host a redirect points to; None for any other answer.

    The path and the query are left out: they may repeat what was sent, or hold a key.
    """
    if location is None or status not in REDIRECTS:
        return None
    return f"a redirect {_where(location)}, which is not followed"


def _where(location: str) -> str:
    try:
        parts = urlsplit(location)
    except ValueError:
        return "to no address"
    host = one_line(parts.netloc.rpartition("@")[2], LONGEST_HOST)
    if not host:
        return "within the same server"
    return f"to {parts.scheme}://{host}" if parts.scheme else f"to {host}"
