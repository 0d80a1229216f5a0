"""What the proxy is told of the gateway that its requests go through."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ollama_observe.service.addresses import is_loopback
from stack.parts import Address, Route, portkey_address
from stack.settings import StackSettings

CONFIGURATION = Path("portkey/config.json")

_YES = frozenset({"1", "on", "t", "true", "y", "yes"})
_NO = frozenset({"0", "off", "f", "false", "n", "no"})
_REACHED_FROM_OUTSIDE = ("PROXY_RETURN_LEG", "PROXY_RETURN_LEG_HOST", "PROXY_RETURN_LEG_NAME")


def gateway_of_proxy(settings: StackSettings, variables: Mapping[str, str]) -> Address:
    """Where the proxy looks for a gateway: what the operator tells it directly wins."""
    address = portkey_address(settings)
    host = variables.get("PROXY_PORTKEY_HOST") or address.host
    port = _number(variables.get("PROXY_PORTKEY_PORT", ""), address.port)
    return replace(address, host=host, port=port)


def route_through(settings: StackSettings, variables: Mapping[str, str], repository: Path) -> Route:
    """The way through the gateway; what the operator tells the proxy directly is left to it."""
    flags = tuple(_flags(settings, variables, repository))
    is_refused = variables.get("PROXY_RETURN_LEG", "").strip().lower() in _NO
    if is_refused or "--no-return-leg" in flags:
        return Route(flags, ())
    host = variables.get("PROXY_RETURN_LEG_HOST") or "127.0.0.1"
    # each worker has its own
    first, workers = settings.proxy_return_leg_port, _number(variables.get("PROXY_WORKERS", ""), 1)
    ports = range(first, min(first + workers, 65536))
    legs = (Address("proxy return leg", host, port, "PROXY_RETURN_LEG_PORT") for port in ports)
    return Route(flags, tuple(legs))


def is_strict(variables: Mapping[str, str]) -> bool:
    """Whether the proxy refuses requests while no gateway answers."""
    return variables.get("PROXY_PORTKEY_STRICT", "").strip().lower() in _YES


def _flags(
    settings: StackSettings, variables: Mapping[str, str], repository: Path
) -> Iterator[str]:
    yield "--enable-portkey"
    gateway = gateway_of_proxy(settings, variables)
    told = {
        "PROXY_PORTKEY_HOST": ("--portkey-host", gateway.host),
        "PROXY_PORTKEY_PORT": ("--portkey-port", str(gateway.port)),
        "PROXY_PORTKEY_CONFIG": ("--portkey-config", str(repository / CONFIGURATION)),
    }
    for variable, flag in told.items():
        if not variables.get(variable):  # over which the flag would win
            yield from flag
    # a gateway elsewhere does not reach this machine's loopback
    if not is_loopback(gateway.host) and not any(map(variables.get, _REACHED_FROM_OUTSIDE)):
        yield "--no-return-leg"


def _number(text: str, otherwise: int) -> int:
    """A positive number; the proxy itself complains of what is none."""
    return (
        int(text) if text.strip().isascii() and text.strip().isdigit() and int(text) else otherwise
    )
