"""Ports that are taken: found before anything starts, reported with their holder."""

import errno
import socket
from dataclasses import dataclass

from stack.errors import SettingsError, StackError
from stack.parts import Address


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


def require_free(addresses: list[Address], command: str = "start") -> None:
    """Raises: StackError naming each address that cannot be listened on, and what helps."""
    wanted = {address.port for address in addresses}
    sentences = []
    for address in addresses:
        error = listen_error(address.host, address.port)
        if error is None:
            continue
        is_taken = error.errno == errno.EADDRINUSE
        # another port helps against these two only
        is_ports_fault = is_taken or error.errno == errno.EACCES
        free = next_free(address.host, address.port, wanted) if is_ports_fault else 0
        wanted.add(free)
        holder = holder_of(address.port) if is_taken else Holder(None, None)
        sentences.append(report(address, error, holder, free, command))
    if sentences:
        raise StackError("\n".join(sentences))


def report(address: Address, error: OSError, holder: Holder, free: int, command: str) -> str:
    """One sentence: what is wrong with the address, who holds it, what to type instead."""
    is_url = address.variable.endswith("_URL")
    host = address.variable if is_url else f"{address.variable.removesuffix('_PORT')}_HOST"
    other = f"http://{address.host}:{free}" if is_url else free
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address.host} ({host}) is not an address of this machine"
    instead = f"choose another: make {command} {address.variable}={other}"
    if error.errno == errno.EACCES:
        return f"port {address.port} ({address.what}) needs root; {instead}"
    if error.errno != errno.EADDRINUSE:
        return f"cannot listen on {address.host}:{address.port} ({host}): {error.strerror or error}"
    if holder.pid is None:
        who = "a process that we may not see (another user's, or another container's)"
    else:
        who = f"{holder.name} (pid {holder.pid})"
    return f"port {address.port} ({address.what}) is taken by {who}; {instead}"


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
