"""The configuration files: each is read as who needs it reads it."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from stack.alertmanager import configuration as alertmanager
from stack.docker import configuration
from stack.errors import StackError
from stack.outside import finished
from stack.prometheus import promtool
from stack.prometheus.configuration import TEMPLATE
from stack.prometheus.programs import ALERTMANAGER, PROMETHEUS, Program
from stack.prometheus.sources import tool_at_hand
from stack.request import Request
from stack.services.asking import AbsentError, RefusedError, printed
from stack.validating.finding import Finding

_OF_PROMETHEUS = Path("prometheus/compose.yml")
_OF_PORTKEY = "portkey/config*.json"

# the proxy is no library of ours: it is asked, as it is when it starts
_READ_AS_THE_PROXY = """
import sys
from pathlib import Path
from proxy.portkey.config import ConfigError, PortkeyConfig
for name in sys.argv[1:]:
    try:
        PortkeyConfig.read(Path(name))
    except (ConfigError, OSError) as error:
        sys.exit(str(error))
"""


class _NotLookedAtError(Exception):
    """What would look is not here. The message says who."""


def findings(request: Request) -> Iterator[Finding]:
    """Rules, Prometheus's configuration in its container, Alertmanager's, the gateway's."""
    yield _tried("rules", "prometheus/templates", lambda: _require_rules(request))
    yield _tried("prometheus", _shown(request), lambda: _require_prometheus(request))
    yield _tried("alertmanager", "its configuration", lambda: _require_alertmanager(request))
    yield _tried("portkey", _OF_PORTKEY, lambda: _require_portkey(request))


def _tried(what: str, where: str, look: Callable[[], None]) -> Finding:
    try:
        look()
    except StackError as error:
        return Finding(what, False, " ".join(str(error).split()))
    except _NotLookedAtError as reason:
        return Finding(what, None, f"{where}: {reason}")
    return Finding(what, True, where)


def _tool(request: Request, program: Program) -> Path:
    found = tool_at_hand(program, request.places)
    if found is None:
        raise _NotLookedAtError(f"it can be read; no {program.tool} is here to look further")
    return found


def _require_rules(request: Request) -> None:
    promtool.require(request)
    _tool(request, PROMETHEUS)


def _require_alertmanager(request: Request) -> None:
    alertmanager.require(request)
    _tool(request, ALERTMANAGER)


def _shown(request: Request) -> str:
    """The file that a Prometheus in a container is given."""
    settings = request.settings
    if settings.prometheus_config is not None:
        return str(settings.prometheus_config)
    is_made = configuration.has_other_scrapes(settings)
    return f"{_OF_PROMETHEUS}, as the settings make it" if is_made else str(_OF_PROMETHEUS)


def _require_prometheus(request: Request) -> None:
    settings, repository = request.settings, request.places.repository
    path = repository / (settings.prometheus_config or _OF_PROMETHEUS)
    if settings.prometheus_config is None and configuration.has_other_scrapes(settings):
        template = (repository / TEMPLATE).read_text(encoding="utf-8")
        text = configuration.rendered(template, settings)
    else:
        text = _text(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_text(text, encoding="utf-8")
        # the files that it names lie elsewhere in its container
        command = [str(_tool(request, PROMETHEUS)), "check", "config", "--syntax-only", str(copy)]
        done = finished(command)
        if done is None:
            raise _NotLookedAtError(f"{PROMETHEUS.tool} does not run")
        if done.returncode:
            said = (done.stderr or done.stdout).replace(str(copy), str(path))
            raise StackError(f"Prometheus does not take it: {said.replace('FAILED:', '')}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise StackError(f"PROMETHEUS_CONFIG: {error}") from error


def _require_portkey(request: Request) -> None:
    """The proxy's own reading of each file, and of the one that it is told of."""
    repository = request.places.repository
    named = request.variables.get("PROXY_PORTKEY_CONFIG")
    files = sorted({*repository.glob(_OF_PORTKEY), *([repository / named] if named else [])})
    try:
        printed(_READ_AS_THE_PROXY, *map(str, files))
    except AbsentError as reason:
        raise _NotLookedAtError(f"the proxy would read it, {reason}") from reason
    except RefusedError as error:
        raise StackError(str(error).replace(f"{repository}/", "")) from error
