"""`start`: everything that is needed, in order, by readiness; or nothing at all."""

from stack import model_api, overview, ports, probes, setup, supervised, supervision
from stack.console import complain, say, step
from stack.errors import StackError
from stack.logs import last_lines, size_bytes
from stack.parts import Part, engine_part, prometheus_address, prometheus_part, proxy_part
from stack.places import private_folder
from stack.plan import Plan, changed, digests
from stack.prometheus import configuration
from stack.prometheus.sources import Binary
from stack.request import Request
from stack.stop import stop_all
from stack.supervised import Supervisor
from stack.waiting import wait_until


def start(request: Request) -> int:
    """Bring the stack up, or say that it is. Raises: StackError after undoing a half start."""
    supervisor = supervised.connect(request.socket)
    if supervisor is not None:
        return _already_running(request, supervisor)
    left_over = supervised.orphans(request.socket)
    if left_over:
        names = ", ".join(f"{name} (pid {pid})" for pid, name in left_over.items())
        raise StackError(f"left over from a supervisor that died: {names}; `make stop` ends them")
    say("Ollama Observe")
    found = model_api.look(request.settings)
    engine = engine_part(request.settings, request.places)
    api = model_api.choose(request.settings, found, engine.addresses[0].url)
    step("model API", api.reason)
    proxy = proxy_part(request.settings, api.url)
    parts = [engine, proxy] if api.is_embedded else [proxy]
    addresses = [address for part in parts for address in part.addresses]
    if request.settings.prometheus != "off":
        addresses.append(prometheus_address(request.settings))
    ports.require_free(addresses)
    binary = setup.prepare(request, api)
    if binary is not None:
        parts.append(_prometheus(request, binary, api.is_embedded))
    plan = Plan(tuple(parts), api.reason, _notes(request, binary), digests(request.variables))
    _bring_up(request, plan)
    overview.show_started(request, plan)
    return 0


def set_up(request: Request) -> int:
    """Fetch what a start needs, start nothing."""
    found = model_api.look(request.settings)
    engine = engine_part(request.settings, request.places)
    api = model_api.choose(request.settings, found, engine.addresses[0].url)
    binary = setup.prepare(request, api)
    step("model API", api.reason)
    step("prometheus", f"{binary.version}, {binary.origin}" if binary else "none")
    return 0


def _already_running(request: Request, supervisor: Supervisor) -> int:
    plan = Plan.load(request.places.run)
    if plan is None:
        raise StackError("the stack runs, but what was started is not known: `make restart`")
    states = overview.states(plan, supervisor)
    overview.show(request, plan, states, "already running, nothing changed")
    problems = [
        f"{state.name} is {state.health}: make logs SERVICE={state.name}"
        for state in states
        if not state.is_healthy
    ]
    names = changed(plan.digests, digests(request.variables))
    if names:
        problems.append(f"set differently since it was started: {', '.join(names)}")
    for problem in problems:
        complain(problem)
    if problems:
        complain("`make restart` applies the settings and starts every part again")
    return 1 if problems else 0


def _prometheus(request: Request, binary: Binary, with_engine: bool) -> Part:
    settings, places = request.settings, request.places
    step("prometheus", f"{binary.version}, {binary.origin}")
    engine = engine_part(settings, places).addresses[0] if with_engine else None
    control = proxy_part(settings, "").addresses[1]
    rendered = configuration.render(
        (places.repository / configuration.TEMPLATE).read_text(encoding="utf-8"),
        settings.prometheus_scrape_interval_seconds,
        proxy=control,
        engine=engine,
        prometheus=prometheus_address(settings),
    )
    path = places.run / "prometheus.yml"
    path.write_text(rendered, encoding="utf-8")
    return prometheus_part(settings, places, binary.path, path)


def _notes(request: Request, binary: Binary | None) -> tuple[str, ...]:
    if binary is not None:
        return ()
    if request.settings.prometheus == "off":
        return ("no Prometheus, as PROMETHEUS=off asks",)
    return (
        "no Prometheus: it is not on PATH, and neither the official release nor a package "
        "could be fetched. The proxy measures all the same; put `prometheus` on PATH (Debian, "
        "Ubuntu: apt install prometheus; macOS: brew install prometheus) and `make restart`.",
    )


def _bring_up(request: Request, plan: Plan) -> None:
    """Start the parts one after the other; whatever goes wrong, nothing stays behind."""
    run, socket = request.places.run, request.socket
    private_folder(socket.parent)
    conf = supervision.render(
        plan.parts, run, request.places.log, socket, supervision.open_files_limit()
    )
    (run / supervision.CONFIGURATION).write_text(conf, encoding="utf-8")
    computed = {name: value for part in plan.parts for name, value in part.environment.items()}
    given = {name: value for name, value in request.variables.items() if value}
    plan.save(run)
    try:
        supervisor = supervised.launch(run, socket, computed | given)
        for part in plan.parts:
            _start_part(request, supervisor, part)
    except BaseException:
        # a new connection: an interruption may have cut the old one's talk short
        launched = supervised.connect(socket)
        if launched is not None:
            say("stopping what was started")
            stop_all(launched, plan)
        raise


def _start_part(request: Request, supervisor: Supervisor, part: Part) -> None:
    log = request.places.log_of(part.name)
    log_bytes_before = size_bytes(log)
    supervisor.start(part.name)
    last = supervisor.process(part.name)

    def settled() -> bool:
        nonlocal last
        last = supervisor.process(part.name)
        return last.state not in supervised.RUNNING or probes.is_ready(part.ready_url)

    in_time = wait_until(settled, part.ready_within_seconds)
    if in_time and last.state in supervised.RUNNING:
        step(part.name, f"ready (pid {last.pid})")
        return
    why = "ended" if in_time else f"was not ready within {part.ready_within_seconds:g} s"
    raise StackError(
        f"{part.name} {why}, the end of {request.places.shown(log)}:\n"
        f"{last_lines(log, log_bytes_before)}"
    )
