"""What shall run: the parts that run already and stay, and those that a wish adds to them."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ollama_observe.service.addresses import without_credentials
from stack import here, model_api, ollama, ports, probes, setup
from stack.alertmanager import configuration as alertmanager_configuration
from stack.alertmanager.notes import notes
from stack.alertmanager.part import alertmanager_address
from stack.concerns import WAYS, digests_after, set_differently
from stack.console import step
from stack.dashboard.part import dashboard_address
from stack.errors import StackError
from stack.model_api import ModelApi
from stack.parts import (
    START_ORDER,
    Address,
    Part,
    engine_part,
    gpu_exporter_part,
    portkey_address,
    portkey_part,
    prometheus_address,
    proxy_part,
)
from stack.plan import Plan, digests
from stack.portkey import route
from stack.prometheus import promtool
from stack.request import Request
from stack.services.settings import require as require_settings
from stack.settings import DEFAULT_OLLAMA_URL
from stack.setup import Fetched
from stack.traffic.part import traffic_part
from stack.watchers import watchers
from stack.wish import Wish
from stack.wished import wished

_NO_PROMETHEUS = (
    "no Prometheus: it is not on PATH, and neither the official release nor a package "
    "could be fetched. The proxy measures all the same; put `prometheus` on PATH (Debian, "
    "Ubuntu: apt install prometheus; macOS: brew install prometheus) and `make restart`."
)


@dataclass(frozen=True, slots=True)
class Change:
    """A wish against what runs.

    `arrives` are parts by name, with a proxy that is exchanged; `gateway` is the one that the
    proxy shall use; `differs` are variables that a part which stays was started with otherwise.
    """

    arrives: frozenset[str]
    stays: tuple[Part, ...]
    gateway: str | None
    differs: tuple[str, ...]


def change(request: Request, wish: Wish, running: Plan) -> Change:
    """What a wish comes to; pure."""
    gateway = running.gateway
    if wish.through_gateway is not None:
        address = route.gateway_of_proxy(request.settings, request.variables)
        gateway = address.url if wish.through_gateway else None
    arrives = wish.parts - set(running.wished)
    if gateway != running.gateway:
        arrives |= {"proxy"}
    stays = tuple(part for part in running.parts if part.name not in arrives)
    asked = wish.parts | ({"engine"} if "proxy" in wish.parts else set())
    now = digests(request.variables)
    differs = set_differently(running, now, [part.name for part in stays], asked)
    if "proxy" in arrives and running.part("proxy"):
        # an exchange is for another way, and brings nothing else unasked
        others = set_differently(running, now, ["proxy"], asked)
        differs += [name for name in others if name not in differs and not name.startswith(WAYS)]
    return Change(arrives, stays, gateway, tuple(differs))


def require_taken(request: Request, wish: Wish, parts: Collection[str]) -> None:
    """Raises: StackError for an operator's file or variable that one of these parts does not take.

    Who asks earlier, before it says or stops anything, tells `assemble` so: asking takes seconds.
    """
    if "alertmanager" in parts:
        alertmanager_configuration.require(request)
    if "prometheus" in parts:
        promtool.require(request)
    # the engine comes with the proxy, if it comes
    would = wished(request, wish, is_embedded="proxy" in parts).parts
    require_settings(request, [would[name] for name in would if name in {*parts, "engine"}])


def assemble(
    request: Request, wish: Wish, running: Plan, verb: str, is_taken: bool = False
) -> Plan:
    """The plan of what shall run, with all that it needs fetched. Raises: StackError."""
    changing = change(request, wish, running)
    _require_gateway(request, running, changing)
    if not is_taken:
        require_taken(request, wish, changing.arrives)
    reason, api_url, new = running.model_api, running.api_url, list[Part]()
    if changing.arrives & {"proxy", "gpu-exporter"}:
        api = _model_api(request, running)
        reason, api_url = api.reason, without_credentials(api.url)
        new = _before_ollama(request, running, changing, api)
    new += _alone(request, changing)
    if "traffic" in changing.arrives:
        new.append(traffic_part(request.settings, [*changing.stays, *new]))
    _require_ports(request, running, changing, new, verb)
    fetched = setup.prepare(request, changing.arrives | {part.name for part in new})
    if fetched.node is not None:
        url = api_url or request.settings.ollama_url or DEFAULT_OLLAMA_URL
        new.append(portkey_part(request.settings, request.places, fetched.node, url))
    parts = [*changing.stays, *new]
    parts += watchers(request, changing.arrives, fetched, parts)
    return Plan(
        parts=tuple(sorted(parts, key=lambda part: START_ORDER.index(part.name))),
        model_api=reason,
        notes=_notes(request, changing, running, fetched),
        digests=digests_after(
            running,
            digests(request.variables),
            [part.name for part in changing.stays],
            changing.arrives,
        ),
        wished=tuple(sorted(wish.parts | set(running.wished))),
        gateway=changing.gateway,
        api_url=api_url,
    )


def _alone(request: Request, changing: Change) -> list[Part]:
    """What answers as Ollama, where it is asked for by itself."""
    new = list[Part]()
    if ollama.NAME in changing.arrives:
        new.append(ollama.ollama_part(request.settings))
    if "engine" in changing.arrives:
        new.append(engine_part(request.settings, request.places))
    return new


def _model_api(request: Request, running: Plan) -> ModelApi:
    """As it was chosen for the proxy that runs, so that an exchange of it changes nothing else."""
    settings = request.settings
    engine = running.part("engine")
    if engine is not None:
        return ModelApi(engine.addresses[0].url, True, running.model_api)
    if running.part("proxy") is not None:
        return ModelApi(settings.ollama_url or DEFAULT_OLLAMA_URL, False, running.model_api)
    found = model_api.look(settings)
    url = engine_part(settings, request.places).addresses[0].url
    api = model_api.choose(settings, found, url)
    step("model API", api.reason)
    return api


def _before_ollama(request: Request, running: Plan, changing: Change, api: ModelApi) -> list[Part]:
    """What asks it, and it where it is ours to start."""
    new = list[Part]()
    if "proxy" in changing.arrives:
        new += _proxy_and_engine(request, running, api, changing.gateway)
    if "gpu-exporter" in changing.arrives:
        new.append(_gpu_exporter(request, api, [*changing.stays, *new]))
    return new


def _proxy_and_engine(
    request: Request, running: Plan, api: ModelApi, gateway: str | None
) -> list[Part]:
    settings, places = request.settings, request.places
    way = None
    if gateway is not None:
        way = route.route_through(settings, request.variables, places.repository)
    proxy = proxy_part(settings, api.url, way)
    if api.is_embedded and running.part("engine") is None:
        return [engine_part(settings, places), proxy]
    return [proxy]


def _gpu_exporter(request: Request, api: ModelApi, parts: list[Part]) -> Part:
    own = request.variables.get("ENGINE_MODELS_DIR")
    models = Path(own) if own else request.places.models
    return gpu_exporter_part(
        request.settings,
        api.url,
        _control_of_proxy(parts),
        models if api.is_embedded else None,
        not api.is_embedded and _is_elsewhere(api.url),
    )


def _is_elsewhere(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return not here.is_here(host, here.own_names(), here.own_addresses())


def _control_of_proxy(parts: list[Part]) -> Address:
    return next(part.addresses[1] for part in parts if part.name == "proxy")


def _require_gateway(request: Request, running: Plan, changing: Change) -> None:
    """Raises: StackError where a gateway is in the way, or where one is missed."""
    is_coming = "portkey" in changing.arrives
    ours = portkey_address(request.settings)
    if is_coming and probes.is_gateway(ours.url):
        raise StackError(
            f"a Portkey gateway that this stack did not start answers at {ours.url}: "
            "`make start-proxy-portkey` uses it; PORTKEY_PORT chooses another port for ours"
        )
    is_missed = changing.gateway != running.gateway and route.is_strict(request.variables)
    if is_missed and changing.gateway and not is_coming and not probes.is_gateway(changing.gateway):
        raise StackError(
            f"no Portkey gateway answers at {changing.gateway}, and PROXY_PORTKEY_STRICT asks for "
            "one: `make start-portkey` first"
        )


def _require_ports(
    request: Request, running: Plan, changing: Change, new: list[Part], verb: str
) -> None:
    """Raises: StackError before anything is fetched for a start that cannot be."""
    known = {
        "portkey": portkey_address(request.settings),
        "prometheus": prometheus_address(request.settings),
        "alertmanager": alertmanager_address(request.settings),
        "dashboard": dashboard_address(request.settings),
    }
    wanted = [address for part in (*changing.stays, *new) for address in part.addresses]
    wanted += [known[name] for name in known if name in changing.arrives]
    ports.require_distinct(wanted)
    # what stays holds its ports, and what is exchanged leaves them in time
    held = {address.port for part in running.parts for address in part.addresses}
    ports.require_free([address for address in wanted if address.port not in held], verb)


def _notes(request: Request, changing: Change, running: Plan, fetched: Fetched) -> tuple[str, ...]:
    of_alerts = notes(request.settings, changing.arrives, fetched.alertmanager)
    if "prometheus" in changing.arrives:
        return (*(() if fetched.prometheus else (_NO_PROMETHEUS,)), *of_alerts)
    if request.settings.prometheus == "off" and "proxy" in changing.arrives - set(running.wished):
        return ("no Prometheus, as PROMETHEUS=off asks", *of_alerts)
    return (*running.notes, *of_alerts)
