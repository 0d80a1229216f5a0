"""What a host name or address says of who can reach it."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone, judged by its name; names are not looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
