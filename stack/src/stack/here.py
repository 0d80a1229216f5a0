"""Whether an address is this machine's own."""

import ipaddress
import socket
from collections.abc import Iterable

from ollama_observe.service.addresses import is_loopback


def is_here(host: str, own_names: Iterable[str], own_addresses: Iterable[str]) -> bool:
    """Whether a host's name or address means this machine, judged by what it is called; pure.

    A name that is neither its own nor the loopback's is somebody else's: nobody is asked.
    """
    name = host.strip("[]").lower()
    if is_loopback(name) or name in {own.lower() for own in own_names}:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    # an interface is told beside an address of its link: fe80::1%eth0
    return str(address) in {own.partition("%")[0] for own in own_addresses}


def own_names() -> set[str]:
    """What this machine calls itself."""
    return {socket.gethostname()}


def own_addresses() -> set[str]:
    """The addresses of its interfaces."""
    import psutil  # only where an Ollama has an address

    addresses = (one for of_interface in psutil.net_if_addrs().values() for one in of_interface)
    families = (socket.AF_INET, socket.AF_INET6)
    return {one.address for one in addresses if one.family in families}
