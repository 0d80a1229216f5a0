"""What a verb asks for: parts of the stack, and the way that the proxy's requests take."""

from collections.abc import Iterable
from dataclasses import dataclass

from ollama_observe.service.addresses import is_loopback
from stack.alertmanager.part import alertmanager_address
from stack.parts import portkey_address
from stack.settings import StackSettings

STARTS = (
    "start",
    "start-with-portkey",
    "start-portkey",
    "start-proxy",
    "start-proxy-portkey",
    "start-dashboard",
    "start-ollama",
)
"""The verbs that start something."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Parts by name; the engine comes by itself where the proxy needs it.

    `through_gateway` None: the proxy as it is, or direct where none runs.
    """

    parts: frozenset[str]
    through_gateway: bool | None = None


def wish_of(verb: str, settings: StackSettings) -> Wish:
    """What one of the verbs that start something asks for."""
    optional = {
        "gpu-exporter": settings.gpu_exporter,
        "prometheus": settings.prometheus,
        "alertmanager": settings.alertmanager,
        "traffic": settings.traffic,
        "dashboard": settings.dashboard,
    }
    whole = {"proxy", *(name for name, wanted in optional.items() if wanted != "off")}
    with_gateway = wish_for({*whole, "portkey"}, settings, through_gateway=True)
    wishes = {
        "start": with_gateway if settings.portkey == "on" else wish_for(whole, settings),
        "start-with-portkey": with_gateway,
        "start-portkey": wish_for({"portkey"}, settings),
        "start-proxy": wish_for({"proxy"}, settings, through_gateway=False),
        "start-proxy-portkey": wish_for({"proxy"}, settings, through_gateway=True),
        "start-dashboard": wish_for({"dashboard"}, settings),
        "start-ollama": wish_for({"ollama"}, settings),
    }
    return wishes[verb]


def wish_for(
    parts: Iterable[str], settings: StackSettings, through_gateway: bool | None = None
) -> Wish:
    """A wish without a gateway or an Alertmanager that is not this machine's to start."""
    named = (portkey_address(settings), alertmanager_address(settings))
    elsewhere = {address.what for address in named if not is_loopback(address.host)}
    return Wish(frozenset(parts) - elsewhere, through_gateway)
