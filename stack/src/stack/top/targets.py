"""Who is asked: the parts that run here, or those that the command line names. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from ollama_observe.service.addresses import found_words, is_http_url
from stack.cache import CONTROL
from stack.errors import SettingsError
from stack.parts import Address, prometheus_address
from stack.plan import Plan
from stack.settings import StackSettings
from stack.shapes import Host

HERE = "this machine"
NOT_RUNNING = "not running: make start"
NOT_THERE = (
    "Parts listen on 127.0.0.1 alone unless the settings of their machine say otherwise: "
    "docs/TOP.md says how to reach them."
)
_IS_WITHOUT = "this stack runs without it"
_NOT_NAMED = "none was named"


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line names; None where it names nothing, which is not the empty text."""

    host: str | None = None
    proxies: Sequence[str] = ()
    exporter: str | None = None
    prometheus: str | None = None

    def __bool__(self) -> bool:
        named = (self.host, *self.proxies, self.exporter, self.prometheus)
        return any(one is not None for one in named)


@dataclass(frozen=True, slots=True)
class Targets:
    """Who is asked, by address. An empty one is a part that nobody asks, `absent` says why.

    `remedy` is what helps where nobody answers.
    """

    title: str
    proxies: tuple[str, ...] = ()
    exporter: str = ""
    prometheus: str = ""
    remedy: str = NOT_RUNNING
    absent: str = _IS_WITHOUT

    @property
    def missing(self) -> dict[str, str]:
        """The parts that nobody asks, and why."""
        parts = {"gpu-exporter": self.exporter, "prometheus": self.prometheus}
        return {name: self.absent for name, where in parts.items() if not where}


def named(flags: Flags, settings: StackSettings) -> Targets:
    """The parts that the command line names. Of a host they are at the ports of the settings.

    Raises: SettingsError for what is no host or address.
    """
    if not flags:
        raise SettingsError("expected a host or an address, found none")
    urls = [("--exporter", flags.exporter), ("--prometheus", flags.prometheus)]
    given = [("--proxy", one) for one in flags.proxies]
    given += [(flag, url) for flag, url in urls if url is not None]
    for flag, url in given:
        if not (is_http_url(url) and url.isprintable() and " " not in url):
            raise SettingsError(f"{flag}: expected http://host:port{found_words(url)}")
    there = Targets("") if flags.host is None else _at(flags.host, settings)
    return Targets(
        title=flags.host or urlsplit(given[0][1]).hostname or "",
        proxies=tuple(flags.proxies) or there.proxies,
        exporter=flags.exporter or there.exporter,
        prometheus=flags.prometheus or there.prometheus,
        remedy=NOT_THERE,
        absent=_NOT_NAMED,
    )


def running(plan: Plan | None, settings: StackSettings) -> Targets:
    """The parts that run, else those that would: somebody may run them in another way."""
    if plan is None or plan.part("proxy") is None:
        return _configured(settings)
    urls = {address.variable: address.url for part in plan.parts for address in part.addresses}
    return Targets(
        HERE,
        proxies=(urls[CONTROL],) if CONTROL in urls else (),
        exporter=urls.get("GPU_EXPORTER_PORT", ""),
        # one of the operator's own may read the same proxy
        prometheus=urls.get("PROMETHEUS_PORT", prometheus_address(settings).url),
    )


def _configured(settings: StackSettings) -> Targets:
    control = Address("", settings.proxy_control_host, settings.proxy_control_port, "")
    exporter = Address("", settings.gpu_exporter_host, settings.gpu_exporter_port, "")
    return Targets(
        HERE,
        proxies=(control.url,),
        exporter="" if settings.gpu_exporter == "off" else exporter.url,
        prometheus="" if settings.prometheus == "off" else prometheus_address(settings).url,
    )


def _at(host: str, settings: StackSettings) -> Targets:
    try:
        if not host:  # of a setting it is every address
            raise ValueError
        TypeAdapter(Host).validate_python(host)
    except ValueError as error:
        found = found_words(host)
        raise SettingsError(f"--host: expected a host's name or address alone{found}") from error
    ports = (settings.proxy_control_port, settings.gpu_exporter_port, settings.prometheus_port)
    proxy, exporter, prometheus = (Address("", host, port, "").url for port in ports)
    return Targets(host, (proxy,), exporter, prometheus)
