"""`restart`: stop, then start again what ran, with the settings of now."""

from stack import model_api, supervised
from stack.assembly import require_taken
from stack.console import say
from stack.plan import Plan, changed, digests
from stack.request import Request
from stack.settings import StackSettings
from stack.start import start
from stack.stop import stop
from stack.unsaid import no_longer_set, require_keys, sentence
from stack.wish import STARTS, Wish, wish_for, wish_of

_ASKED_FOR_BY = {
    "prometheus": {"PROMETHEUS"},
    "gpu-exporter": {"GPU_EXPORTER"},
    "alertmanager": {"ALERTMANAGER", "ALERTMANAGER_HOST"},
    "traffic": {"TRAFFIC"},
    "dashboard": {"DASHBOARD"},
}
"""What says whether `start` brings a part."""

_OFF_BY_ITSELF = {"alertmanager": "ALERTMANAGER", "traffic": "TRAFFIC"}
"""A variable that must say something to be heard: unset it takes no part away that ran."""


def restart(request: Request) -> int:
    """What ran is started again; where nothing ran this is `start`."""
    running = Plan.load(request.places.run)
    if running is None or supervised.connect(request.socket) is None:
        stop(request)
        return start(request)
    wish = wish_after(running, request)
    going = no_longer_set(running.digests, request.variables, running.wished)
    require_keys(going, running.wished, "restart")
    _require_all(request, wish)
    if going:
        say(sentence(going))
    stop(request)
    say(f"starting again: {in_words(wish)}")
    return start(request, verb_of(wish, request.settings), wish, is_taken=True)


def _require_all(request: Request, wish: Wish) -> None:
    """What runs is not stopped for what cannot be. Raises: StackError."""
    require_taken(request, wish, wish.parts)
    if wish.parts & {"proxy", "gpu-exporter"}:
        model_api.require(request.settings)


def wish_after(running: Plan, request: Request) -> Wish:
    """What ran; but where a variable that asks for a part says something new, that."""
    parts, settings = set(running.wished), request.settings
    if "proxy" not in parts:
        return wish_for(parts, settings)
    now = wish_of("start", settings)
    new = changed(running.digests, digests(request.variables))
    is_through = running.gateway is not None
    if "PORTKEY" in new and request.variables.get("PORTKEY"):
        is_through = bool(now.through_gateway)
        parts = parts - {"portkey"} | now.parts & {"portkey"}
    for name, variables in _ASKED_FOR_BY.items():
        is_heard = name not in _OFF_BY_ITSELF or request.variables.get(_OFF_BY_ITSELF[name])
        if is_heard and variables & set(new):
            parts = parts - {name} | now.parts & {name}
    return wish_for(parts, settings, through_gateway=is_through)


def verb_of(wish: Wish, settings: StackSettings) -> str:
    """The verb that asks for the same: what to type where this start fails."""

    def is_alike(other: Wish) -> bool:
        is_through = bool(other.through_gateway) == bool(wish.through_gateway)
        return is_through and other.parts == wish.parts

    return next((verb for verb in STARTS if is_alike(wish_of(verb, settings))), "start")


def in_words(wish: Wish) -> str:
    """The parts as the operator reads them."""
    proxy = "proxy (through Portkey)" if wish.through_gateway else "proxy"
    return ", ".join(proxy if name == "proxy" else name for name in sorted(wish.parts))
