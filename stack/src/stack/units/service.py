"""One stack under systemd: what is installed, whether it runs, its log."""

import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from stack.errors import StackError
from stack.plan import Plan
from stack.request import Request
from stack.units import text
from stack.units.folders import UnitPlaces, unit_places
from stack.units.manager import Manager, manager_of
from stack.units.names import PREFIX, TARGET, unit_of

_BESIDE_STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """A service manager, and the request of a verb as it was read."""

    manager: Manager
    asked: Request
    places: UnitPlaces

    @property
    def request(self) -> Request:
        """The request with the folders of the units."""
        return replace(self.asked, places=self.places)

    @property
    def whose(self) -> str:
        """The manager as the operator reads it."""
        return "this machine's systemd" if self.manager.is_system else "your own systemd"

    def checkout(self) -> str | None:
        """The checkout whose units are installed, if it is another than this; None else."""
        found = self.manager.checkout()
        return None if found == text.plain(self.places.repository) else found

    def plan(self) -> Plan | None:
        """What was installed; None where nothing is, or it cannot be read."""
        return Plan.load(self.places.files) if self.manager.installed() else None

    def start(self) -> None:
        """Start every part. Raises: StackError."""
        self.manager.do("start", TARGET)

    def stop(self) -> None:
        """Stop every part, requests in flight first, and wait. Raises: StackError."""
        plan = self.plan() or Plan()
        bound = sum(part.stop_seconds for part in plan.parts) + _BESIDE_STOP_SECONDS
        units = [name for name in self.manager.installed() if name != TARGET]
        # all in one call, so that they go in their order
        self.manager.do("stop", TARGET, *units, within_seconds=bound)

    def logs(self, part: str | None, follow: bool) -> int:
        """The journal's recent lines, then new ones. Raises: StackError for an unknown part."""
        names = sorted(self.manager.processes())
        if part is not None and part not in names:
            raise StackError(f"no log of {part!r}, there are: {', '.join(names) or 'none yet'}")
        unit = unit_of(part) if part else f"{PREFIX}*"
        words = self.manager.journal("-u", unit, "-n", "20", "-o", "short-iso", "--no-pager")
        try:
            return subprocess.run([*words, *(["-f"] if follow else [])], check=False).returncode
        except KeyboardInterrupt:
            return 0


def service_of(request: Request, manager: Manager | None = None) -> Service:
    """The stack of this checkout under systemd, installed or not."""
    configured = request.variables.get("XDG_CONFIG_HOME", "")
    found = manager or manager_of(os.getuid(), configured, Path.home())
    return Service(found, request, unit_places(request.places, found.is_system))


def running(request: Request, manager: Manager | None = None) -> Service | None:
    """The service of this checkout where it is installed and runs, for verbs that ask."""
    service = service_of(request, manager)
    if not service.manager.installed() or service.checkout() is not None:
        return None
    return service if service.manager.is_active() else None
