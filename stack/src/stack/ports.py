"""Ports that are taken: found before anything starts, reported with their holder."""

import errno
import socket
from dataclasses import dataclass

from stack.errors import SettingsError, StackError
from stack.parts import Address

_OF_CONTAINERS = ("docker-proxy", "rootlessport", "rootlesskit", "com.docker.backend")
"""Who listens for a container."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that listens on a port; None where we may not see it."""

    pid: int | None
    name: str | None


def require_distinct(addresses: list[Address]) -> None:
    """Raises: SettingsError naming the variables that give two parts one port."""
    seen: dict[int, str] = {}
    for address in addresses:
        other = seen.setdefault(address.port, address.variable)
        if other != address.variable:
            raise SettingsError(f"{other} and {address.variable} both take port {address.port}")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an address cannot be listened on, and what to type instead, empty where nobody knows."""

    what: str
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """Both."""
        return f"{self.what}; choose another: {self.remedy}" if self.remedy else self.what


def require_free(addresses: list[Address], command: str = "start") -> None:
    """Raises: StackError naming each address that cannot be listened on, and what helps."""
    wanted = {address.port for address in addresses}
    found = [look(address, wanted, command) for address in addresses]
    sentences = [one.sentence for one in found if one is not None]
    if sentences:
        raise StackError("\n".join(sentences))


def look(address: Address, avoid: set[int], command: str) -> Trouble | None:
    """What is in the way of an address; a port that is named instead is added to `avoid`."""
    error = listen_error(address.host, address.port)
    if error is None:
        return None
    is_taken = error.errno == errno.EADDRINUSE
    # another port helps against these two only
    is_ports_fault = is_taken or error.errno == errno.EACCES
    free = next_free(address.host, address.port, avoid) if is_ports_fault else 0
    avoid.add(free)
    holder = holder_of(address.port) if is_taken else Holder(None, None)
    return trouble(address, error, holder, free, command)


def trouble(address: Address, error: OSError, holder: Holder, free: int, command: str) -> Trouble:
    """What is wrong with the address, who holds it, what to type instead; pure."""
    is_url = address.variable.endswith("_URL")
    host = address.variable if is_url else f"{address.variable.removesuffix('_PORT')}_HOST"
    other = f"http://{address.host}:{free}" if is_url else free
    if error.errno == errno.EADDRNOTAVAIL:
        return Trouble(f"{address.host} ({host}) is not an address of this machine")
    instead = f"make {command} {address.variable}={other}" if address.variable else ""
    if error.errno == errno.EACCES:
        return Trouble(f"port {address.port} ({address.what}) needs root", instead)
    if error.errno != errno.EADDRINUSE:
        why = error.strerror or error
        return Trouble(f"cannot listen on {address.host}:{address.port} ({host}): {why}")
    return Trouble(f"port {address.port} ({address.what}) is taken by {_in_words(holder)}", instead)


def _in_words(holder: Holder) -> str:
    if holder.pid is None:
        return "a process that we may not see (another user's, or another container's)"
    if holder.name in _OF_CONTAINERS:
        return f"a container ({holder.name}, pid {holder.pid}; `docker ps` names it)"
    return f"{holder.name} (pid {holder.pid})"


def listen_error(host: str, port: int) -> OSError | None:
    """What an attempt to listen there raises; None where it is possible."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            return error
    return None


def next_free(host: str, port: int, avoid: set[int]) -> int:
    """The nearest higher port that is free and not in `avoid`; 0 where there is none."""
    for candidate in range(port + 1, min(port + 200, 65536)):
        if candidate not in avoid and listen_error(host, candidate) is None:
            return candidate
    return 0


def holder_of(port: int) -> Holder:
    """Who listens on `port`, as far as this user may see."""
    try:
        import psutil  # not needed where every port is free
    except ImportError:  # nor had where only the dashboard was installed
        return Holder(None, None)
    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.AccessDenied, OSError):  # macOS shows them to root only
        return Holder(None, None)
    for connection in connections:
        if connection.status != psutil.CONN_LISTEN or not connection.laddr:
            continue
        if connection.laddr.port == port and connection.pid:
            try:
                return Holder(connection.pid, psutil.Process(connection.pid).name())
            except psutil.Error:
                return Holder(connection.pid, "?")
    return Holder(None, None)
