"""`install-service`: units for the parts that `make start` would start, enabled and started."""

import os
import pwd
import sys
import sysconfig
from pathlib import Path

import stack
from stack import overview, supervised
from stack.assembly import assemble, require_taken
from stack.console import say, step
from stack.errors import StackError
from stack.places import make_folder
from stack.plan import Plan
from stack.units import text
from stack.units.hardening import Footing
from stack.units.names import TARGET, unit_of
from stack.units.readable import require_readable
from stack.units.service import Service
from stack.units.unit import render, target
from stack.units.verbs import settle, show
from stack.units.writable import require_roots
from stack.unsaid import no_longer_set, require_keys
from stack.variables import environment_of
from stack.wish import wish_of

VERB = "install-service"

_LINGERS = Path("/var/lib/systemd/linger")

_WITHOUT_NAMESPACES = (
    "this machine lets users have no namespaces of their own, so the parts see what you see, and "
    "are kept from system calls alone; installed as root they are kept from more"
)


def install(service: Service) -> int:
    """Write, enable and start the units; exit code 0 where every part is ready.

    A service that runs goes on as it was where its successor cannot be. Raises: StackError.
    """
    service.manager.require()
    _require_place(service)
    with service.alone():
        return _installed(service)


def _installed(service: Service) -> int:
    manager, request = service.manager, service.request
    wish = wish_of("start", request.settings)
    require_taken(request, wish, wish.parts)
    before = service.plan() or Plan()
    parts = [part.name for part in before.parts]
    require_keys(no_longer_set(before.digests, request.variables, parts), parts, VERB)
    was_active = manager.is_active()
    if was_active:
        say("stopping the service, to write it anew")
        service.stop()
    try:
        plan = assemble(request, wish, Plan(), VERB, is_taken=True)
        require_programs(service, plan)
        write(service, plan, manager.footing())
    except BaseException:
        if was_active:
            say("starting the service again")
            service.start()
        raise
    manager.do("daemon-reload")
    manager.do("enable", "--quiet", TARGET)
    service.start()
    return _told(service, plan)


def write(service: Service, plan: Plan, footing: Footing) -> None:
    """The units, what they read, and nothing of an earlier plan. Raises: StackError."""
    manager, places = service.manager, service.places
    make_folder(manager.units, "XDG_CONFIG_HOME")
    python = (Path(sys.executable), Path(sys.base_prefix).resolve())
    units = {TARGET: target([part.name for part in plan.parts], places)}
    for part in plan.parts:
        environment = environment_of(part, service.request.variables)
        _private(places.environment_of(part.name), text.environment_file(environment))
        units[unit_of(part.name)] = render(part, environment, footing, places, python)
    for name in set(manager.installed()) - units.keys():
        (manager.units / name).unlink()
    for name, unit in units.items():
        (manager.units / name).write_text(unit, encoding="utf-8")
        (manager.units / name).chmod(0o644)
    plan.save(places.files)
    if footing.is_system:
        _open_to_the_parts(places.files)
    step("units", f"{len(units)} in {manager.units}")
    if footing is Footing.USER_WITHOUT_NAMESPACES:
        say(f"  {_WITHOUT_NAMESPACES}")


def _require_place(service: Service) -> None:
    """Raises: StackError where something of the stack's is in the way, or cannot be read."""
    other, repository = service.checkout(), service.places.repository
    if other is not None:
        raise StackError(
            f"expected no service, or that of this checkout ({repository}), found that of {other}: "
            "`make remove-service` there first"
        )
    if supervised.connect(service.asked.socket) is not None:
        raise StackError("the stack runs by `make start`: `make stop` first")
    if service.manager.is_system:
        python = Path(sys.executable).resolve()
        library = Path(sysconfig.get_path("stdlib")).resolve()
        require_roots((repository,), (python, library), repository)
        require_readable((repository, Path(stack.__file__), python), repository)


def require_programs(service: Service, plan: Plan) -> None:
    """Raises: StackError where the machine's units would run what is somebody's, or closed."""
    if not service.manager.is_system:
        return
    downloads, repository = service.places.downloads, service.places.repository
    programs = tuple(Path(part.command[0]).resolve() for part in plan.parts)
    require_roots((downloads,), programs, repository)
    require_readable(programs, repository)


def _private(path: Path, content: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(content, encoding="utf-8")


def _open_to_the_parts(files: Path) -> None:
    """Let whom the system's units run as read Prometheus's files; the others stay root's."""
    rules = files / "rules"
    for path in (files, rules, files / "prometheus.yml", *rules.glob("*")):
        if path.exists():
            path.chmod(0o755 if path.is_dir() else 0o644)


def _told(service: Service, plan: Plan) -> int:
    """Wait for every part, show what runs, say what to do next."""
    settle(plan)
    rows = overview.states(plan, service.manager)
    answers = overview.ollama_answers(plan)
    show(service, plan, rows, f"runs under {service.whose}, from now on", answers)
    say("  other settings: make install-service again; make remove-service takes it away")
    user = pwd.getpwuid(os.getuid()).pw_name
    if not service.manager.is_system and not (_LINGERS / user).exists():
        say("  at boot, and while you are logged out, too: loginctl enable-linger")
    return 0 if all(row.is_healthy for row in rows) else 1
