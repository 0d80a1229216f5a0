"""One stack under systemd: what is installed, whether it runs, its log."""

import os
import subprocess
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from stack.errors import StackError
from stack.plan import Plan
from stack.request import Request, alone
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

    def alone(self) -> AbstractContextManager[None]:
        """Hold the lock of the units: the checkout may be somebody else's."""
        return alone(replace(self.asked, places=replace(self.places, files=self.places.lock)))

    @property
    def whose(self) -> str:
        """The manager as the operator reads it."""
        return "this machine's systemd" if self.manager.is_system else "your own systemd"

    def checkout(self) -> str | None:
        """The checkout whose units are installed, if it is another than this; None else.

        One that is gone was moved here.
        """
        found = self.manager.checkout()
        if found is None or found == text.plain(self.places.repository):
            return None
        return found if text.path_of(found).exists() else None

    def plan(self) -> Plan | None:
        """What was installed; None where nothing is, or it cannot be read."""
        return Plan.load(self.places.files) if self.manager.installed() else None

    def stopped(self) -> list[str]:
        """Parts that somebody stopped: one that ends by itself is started again."""
        found = self.manager.processes().values()
        return sorted(process.name for process in found if process.state == "STOPPED")

    def what_runs(self) -> Plan | None:
        """What was installed, but for what was stopped since."""
        plan, stopped = self.plan(), self.stopped()
        if plan is None:
            return None
        notes = (f"{name} was stopped: make start brings it back" for name in stopped)
        parts = tuple(part for part in plan.parts if part.name not in stopped)
        return replace(plan, parts=parts, notes=(*plan.notes, *notes))

    def start(self, *parts: str) -> None:
        """Start these parts, or all. Raises: StackError."""
        self.manager.do("start", *(map(unit_of, parts) if parts else (TARGET,)))

    def stop(self, *parts: str) -> None:
        """Stop these parts, or all: requests in flight first, and wait. Raises: StackError."""
        plan = self.plan() or Plan()
        going = [part for part in plan.parts if not parts or part.name in parts]
        bound = sum(part.stop_seconds for part in going) + _BESIDE_STOP_SECONDS
        units = [name for name in self.manager.installed() if name != TARGET]
        # all in one call, so that they go in their order
        names = map(unit_of, parts) if parts else (TARGET, *units)
        self.manager.do("stop", *names, within_seconds=bound)

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


def installed(request: Request, manager: Manager | None = None) -> Service | None:
    """The service of this checkout where it is installed."""
    service = service_of(request, manager)
    is_ours = service.manager.installed() and service.checkout() is None
    return service if is_ours else None


def running(request: Request, manager: Manager | None = None) -> Service | None:
    """The service of this checkout where it is installed and runs, for verbs that ask."""
    service = installed(request, manager)
    return service if service is not None and service.manager.is_active() else None
