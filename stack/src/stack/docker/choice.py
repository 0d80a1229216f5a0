"""Which files, profiles and variables Compose is given, by what is there and what was asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from ollama_observe.service.addresses import is_loopback, without_credentials
from stack.docker.published import published_on
from stack.errors import StackError, UnfitError
from stack.settings import DEFAULT_OLLAMA_URL, StackSettings
from stack.wish import Wish

BASE = "compose.yaml"
NVIDIA = "compose.gpu.yaml"
AMD = "compose.amd.yaml"
HOST_OLLAMA = "compose.host-ollama.yaml"
OWN = "compose.override.yaml"
"""An operator's own file, which Compose takes by itself where it is told of none."""

DEMO = "demo"
ENGINE = "engine"
PROFILES = {"portkey": "portkey", "traffic": "stress", "grafana": "grafana"}
"""Parts that come with a profile, and which."""

_HOST = "host.docker.internal"
_INSTEAD = {
    DEMO: "the embedded engine in a container, and made-up GPUs (the profile demo)",
    ENGINE: "the embedded engine in a container",
}
"""Profiles that take Ollama's place, and in words."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen. `version` is of an Ollama on this machine that is no container of ours."""

    has_nvidia: bool = False
    has_amd: bool = False
    has_own_file: bool = False
    version: str | None = None
    is_reached: bool = False
    is_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What Compose is given, and a sentence on the model API."""

    files: tuple[str, ...]
    profiles: tuple[str, ...]
    variables: Mapping[str, str]
    model_api: str

    @property
    def environment(self) -> dict[str, str]:
        """All of it as variables."""
        return {
            **self.variables,
            "COMPOSE_FILE": ":".join(self.files),
            "COMPOSE_PATH_SEPARATOR": ":",
            "COMPOSE_PROFILES": ",".join(self.profiles),
        }

    @property
    def has_engine(self) -> bool:
        """Whether the embedded engine takes Ollama's place."""
        return bool({DEMO, ENGINE} & set(self.profiles))

    @property
    def by_hand(self) -> str:
        """What to type before `docker compose` for the same."""
        url = self.variables.get("OLLAMA_URL")
        told = {
            "COMPOSE_FILE": ":".join(self.files) if self.files != (BASE,) else "",
            "COMPOSE_PROFILES": ",".join(self.profiles),
            "OLLAMA": self.variables.get("OLLAMA", ""),
            "OLLAMA_URL": without_credentials(url) if url else "",
        }
        return " ".join(f"{name}={value}" for name, value in told.items() if value)


def choose(
    settings: StackSettings, variables: Mapping[str, str], wish: Wish, facts: Facts
) -> Choice:
    """The policy; pure. Raises: UnfitError where containers cannot be what is asked for."""
    profiles = _profiles(settings, variables, wish)
    files = _split(variables.get("COMPOSE_FILE"), variables.get("COMPOSE_PATH_SEPARATOR") or ":")
    _require_fit(settings, wish)
    _require_source(settings, variables)
    told = published_on(settings) | _told_of_absence(settings, variables)
    if wish.through_gateway is not None and "portkey" not in wish.parts:
        told["PROXY_ENABLE_PORTKEY"] = str(wish.through_gateway).lower()
    for profile, reason in _INSTEAD.items():
        if profile in profiles:
            chosen = files or _files(facts, is_demo=profile == DEMO)
            return Choice(chosen, profiles, told | {"OLLAMA": "off"}, reason)
    is_given = settings.ollama_url is not None or facts.version is not None
    if HOST_OLLAMA in files or (is_given and not files):
        reason = _of_host(settings, facts, is_by_hand=bool(files))
        told |= _told_of_host(settings, facts)
        return Choice(files or _files(facts, is_on_host=True), profiles, told, reason)
    return Choice(files or _files(facts), profiles, told, "Ollama in a container")


def _told_of_absence(settings: StackSettings, variables: Mapping[str, str]) -> dict[str, str]:
    """What the dashboard is told of parts that are switched off: there are none."""
    urls = {"prometheus": "DASHBOARD_PROMETHEUS_URL", "gpu_exporter": "DASHBOARD_GPU_EXPORTER_URL"}
    return {
        url: ""
        for name, url in urls.items()
        if getattr(settings, name) == "off" and not variables.get(url)
    }


def services_of(
    settings: StackSettings, wish: Wish, known: Iterable[str], is_whole: bool
) -> tuple[str, ...]:
    """The services that a wish means, of those that the chosen files and profiles have; pure.

    `is_whole`: all of them but for what is switched off, an operator's own among them.
    """
    known = tuple(known)
    parts = {"gpu-exporter": {"gpu-exporter", "gpu-exporter-demo"}, "proxy": {"front", "proxy"}}
    parts["ollama"] = {"ollama", "engine"}
    if is_whole:
        switches = ("gpu_exporter", "prometheus", "dashboard")
        off = {name.replace("_", "-") for name in switches if getattr(settings, name) == "off"}
        left_out = set[str]().union(*(parts.get(part, {part}) for part in off))
        return tuple(name for name in known if name not in left_out)
    asked = set[str]().union(*(parts.get(part, {part}) for part in wish.parts))
    return tuple(name for name in known if name in asked)


def _profiles(settings: StackSettings, variables: Mapping[str, str], wish: Wish) -> tuple[str, ...]:
    by_hand = _split(variables.get("COMPOSE_PROFILES"), ",")
    parts = wish.parts | ({"grafana"} if settings.grafana == "on" else set())
    asked = [profile for part, profile in PROFILES.items() if part in parts]
    if settings.engine == "embedded" and DEMO not in by_hand:
        asked.append(ENGINE)
    return tuple(dict.fromkeys((*by_hand, *asked)))


def _require_fit(settings: StackSettings, wish: Wish) -> None:
    if settings.alertmanager == "on" and is_loopback(settings.alertmanager_host):
        raise UnfitError("ALERTMANAGER=on: no container of the stack is an Alertmanager")
    if wish.through_gateway and not is_loopback(settings.portkey_host):
        raise UnfitError(
            f"PORTKEY_HOST={settings.portkey_host}: in containers the gateway is the stack's own"
        )


def _require_source(settings: StackSettings, variables: Mapping[str, str]) -> None:
    is_elsewhere = bool(variables.get("DASHBOARD_PROMETHEUS_URL"))
    if settings.grafana == "on" and settings.prometheus == "off" and not is_elsewhere:
        raise StackError(
            "GRAFANA=on shows what Prometheus holds, and PROMETHEUS=off: DASHBOARD_PROMETHEUS_URL "
            "says where one of your own answers, as a container reaches it"
        )


def _files(facts: Facts, is_on_host: bool = False, is_demo: bool = False) -> tuple[str, ...]:
    # where Ollama is no container the exporter still reads the cards
    gpu = NVIDIA if facts.has_nvidia else AMD if facts.has_amd else None
    gpu = None if is_demo else gpu
    chosen = (BASE, gpu, HOST_OLLAMA if is_on_host else None, OWN if facts.has_own_file else None)
    return tuple(name for name in chosen if name)


def _told_of_host(settings: StackSettings, facts: Facts) -> dict[str, str]:
    told = {"OLLAMA_URL": seen_from_inside(settings.ollama_url or DEFAULT_OLLAMA_URL)}
    if facts.is_elsewhere:
        told["GPU_EXPORTER_OLLAMA_ELSEWHERE"] = "true"
    return told


def _of_host(settings: StackSettings, facts: Facts, is_by_hand: bool) -> str:
    shown = without_credentials(settings.ollama_url or DEFAULT_OLLAMA_URL)
    if is_by_hand:
        return f"the Ollama at {shown}, as {HOST_OLLAMA} asks"
    if facts.version is None:
        # in the other world, too: an address that was asked for is never replaced
        raise StackError(
            f"no Ollama answers at OLLAMA_URL={shown}: start it, correct the address, or unset "
            "OLLAMA_URL for one in a container"
        )
    if not facts.is_reached:
        raise UnfitError(
            f"the Ollama at {shown} listens on this machine's loopback alone, which containers do "
            "not reach (OLLAMA_HOST=0.0.0.0 ollama serve opens it to the network)"
        )
    return f"Ollama {facts.version}, which answers at {shown}"


def seen_from_inside(url: str) -> str:
    """An address of this machine as containers reach it; pure."""
    parts = urlsplit(url)
    if not is_loopback(parts.hostname or ""):
        return url
    user, at, _ = parts.netloc.rpartition("@")
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{user}{at}{_HOST}{port}"))


def _split(text: str | None, separator: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in (text or "").split(separator) if word.strip())
