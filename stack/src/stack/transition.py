"""From what runs to what shall run, part by part and by readiness; or back again."""

from collections.abc import Mapping

from stack import probes, supervision
from stack.console import step
from stack.errors import StackError
from stack.logs import last_lines, size_bytes
from stack.parts import Address, Part
from stack.plan import Plan
from stack.processes import RUNNING
from stack.prometheus.configuration import COMING_AND_GOING, CONFIGURATION, retargeted
from stack.request import Request
from stack.stop import stop_order, stop_part
from stack.supervised import Supervisor
from stack.variables import environment_of
from stack.waiting import wait_until

_PROMETHEUS = "prometheus"


class Transition:
    """One change of a running supervisor. A part that both plans have alike is left alone."""

    def __init__(self, request: Request, before: Plan, after: Plan) -> None:
        self._request = request
        self._before = before
        self._after = after
        self._stopped: list[tuple[Part, dict[str, str]]] = []
        self._added: list[Part] = []

    def carry_out(self, supervisor: Supervisor) -> None:
        """Stop what goes, start what comes. Raises: StackError where a part is not ready."""
        write(self._request, self._after)
        leaving = {part.name: part for part in self._before.parts if part not in self._after.parts}
        for name in stop_order(leaving):
            self._stopped.append((leaving[name], supervisor.environment(name)))
            stop_part(supervisor, name, leaving[name])
            supervisor.remove(name)
        supervisor.reload()
        for part in self._after.parts:
            if part not in self._before.parts:
                self._added.append(part)
                environment = environment_of(part, self._request.variables)
                start_part(self._request, supervisor, part, environment)
        self._tell_prometheus(supervisor, self._before, self._after)

    def undo(self, supervisor: Supervisor) -> None:
        """Stop what was started, and start again what was stopped. Raises: StackError."""
        known = supervisor.processes()
        for part in reversed(self._added):
            if part.name in known:
                stop_part(supervisor, part.name, part)
                supervisor.remove(part.name)
        write(self._request, self._before)
        supervisor.reload()
        still = supervisor.processes()
        for part, environment in reversed(self._stopped):
            if part.name in still:  # it was not yet forgotten
                stop_part(supervisor, part.name, part)
                supervisor.remove(part.name)
            start_part(self._request, supervisor, part, environment)
        self._tell_prometheus(supervisor, self._after, self._before)

    def _tell_prometheus(self, supervisor: Supervisor, before: Plan, after: Plan) -> None:
        """Tell one that stays of those that came and went: it reads its configuration again."""
        stays = before.part(_PROMETHEUS) and before.part(_PROMETHEUS) == after.part(_PROMETHEUS)
        addresses = _coming_and_going(after)
        if not stays or addresses == _coming_and_going(before):
            return
        path = self._request.places.run / CONFIGURATION
        path.write_text(retargeted(path.read_text(encoding="utf-8"), addresses), encoding="utf-8")
        supervisor.signal(_PROMETHEUS, "HUP")


def _coming_and_going(plan: Plan) -> dict[str, Address]:
    return {part.name: part.addresses[0] for part in plan.parts if part.name in COMING_AND_GOING}


def write(request: Request, plan: Plan) -> None:
    """Save a plan, and the supervisor's configuration for it."""
    run = request.places.run
    conf = supervision.render(
        plan.parts, run, request.places.log, request.socket, supervision.open_files_limit()
    )
    (run / supervision.CONFIGURATION).write_text(conf, encoding="utf-8")
    plan.save(run)


def start_part(
    request: Request, supervisor: Supervisor, part: Part, environment: Mapping[str, str]
) -> None:
    """Start a part and wait until it is ready. Raises: StackError with the end of its log."""
    log = request.places.log_of(part.name)
    log_bytes_before = size_bytes(log)
    supervisor.add(part.name, environment)
    supervisor.start(part.name)
    last = supervisor.process(part.name)

    def settled() -> bool:
        nonlocal last
        last = supervisor.process(part.name)
        return last.state not in RUNNING or probes.is_ready(part.ready_url)

    in_time = wait_until(settled, part.ready_within_seconds)
    if in_time and last.state in RUNNING:
        step(part.name, f"ready (pid {last.pid})")
        return
    why = "ended" if in_time else f"was not ready within {part.ready_within_seconds:g} s"
    raise StackError(
        f"{part.name} {why}, the end of {request.places.shown(log)}:\n"
        f"{last_lines(log, log_bytes_before)}"
    )
