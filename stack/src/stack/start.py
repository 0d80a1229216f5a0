"""`start` and its kin: everything that is asked for, in order, by readiness; or nothing at all."""

from collections.abc import Mapping, Sequence

from stack import model_api, overview, setup, supervised
from stack.assembly import assemble, change, require_taken
from stack.console import complain, say, step
from stack.errors import StackError
from stack.overview import PartState
from stack.parts import engine_part, portkey_address
from stack.places import private_folder
from stack.plan import Plan
from stack.prometheus.sources import in_words
from stack.request import Request
from stack.stop import stop_all
from stack.supervised import Supervisor
from stack.transition import Transition, write
from stack.unsaid import KEYS_FILE, no_longer_set
from stack.variables import others_variables
from stack.wish import Wish, wish_of

_NOTHING = Plan()


def start(
    request: Request, verb: str = "start", wish: Wish | None = None, is_taken: bool = False
) -> int:
    """Bring up what the verb asks for, or say that it runs.

    `wish` takes the place of the verb's own; `is_taken`: parts were asked whether they take what
    they are told. Raises: StackError after undoing a half start.
    """
    wish = wish or wish_of(verb, request.settings)
    if not wish.parts:
        url = portkey_address(request.settings).url
        raise StackError(
            f"the gateway at {url} (PORTKEY_HOST) is not this machine's to start: "
            "`make start-proxy-portkey` uses it"
        )
    supervisor = supervised.connect(request.socket)
    if supervisor is None:
        return _afresh(request, wish, verb, is_taken)
    running = Plan.load(request.places.run)
    if running is None:
        raise StackError("the stack runs, but what was started is not known: `make restart`")
    changing = change(request, wish, running)
    if changing.arrives and not changing.differs:
        return _beside(request, supervisor, running, wish, verb)
    rows = overview.states(running, supervisor)
    answers = overview.ollama_answers(running)
    overview.show(request, running, rows, "already running, nothing changed", answers)
    going = no_longer_set(running.digests, request.variables, running.wished)
    return _verdict(rows, differences(changing.differs, request.variables), going)


def set_up(request: Request) -> int:
    """Fetch what a start needs, start nothing."""
    wish = wish_of("start", request.settings)
    found = model_api.look(request.settings)
    engine = engine_part(request.settings, request.places)
    api = model_api.choose(request.settings, found, engine.addresses[0].url)
    fetched = setup.prepare(request, wish.parts | ({"engine"} if api.is_embedded else set()))
    step("model API", api.reason)
    step("prometheus", in_words(fetched.prometheus))
    if "alertmanager" in wish.parts:
        step("alertmanager", in_words(fetched.alertmanager))
    if fetched.node is not None:
        step("portkey", f"the gateway, in {request.places.shown(request.places.portkey)}")
    return 0


def _afresh(request: Request, wish: Wish, verb: str, is_taken: bool) -> int:
    left_over = supervised.orphans(request.socket)
    if left_over:
        names = ", ".join(f"{name} (pid {pid})" for pid, name in left_over.items())
        raise StackError(f"left over from a supervisor that died: {names}; `make stop` ends them")
    if not is_taken:
        require_taken(request, wish, wish.parts)
    say("Ollama Observe")
    plan = assemble(request, wish, _NOTHING, verb, is_taken=True)
    private_folder(request.socket.parent)
    write(request, _NOTHING)
    shared = others_variables(request.variables)
    try:
        supervisor = supervised.launch(request.places.run, request.socket, shared)
        Transition(request, _NOTHING, plan).carry_out(supervisor)
    except BaseException:
        # a new connection: an interruption may have cut the old one's talk short
        launched = supervised.connect(request.socket)
        if launched is not None:
            say("stopping what was started")
            stop_all(launched, plan)
        raise
    overview.show_started(request, plan, overview.states(plan, supervisor))
    return 0


def _beside(request: Request, supervisor: Supervisor, running: Plan, wish: Wish, verb: str) -> int:
    """Add to what runs, and exchange a proxy that shall go another way."""
    say("changing what runs, part by part")
    plan = assemble(request, wish, running, verb)
    if running.gateway != plan.gateway and running.part("proxy"):
        way = f"through Portkey at {plan.gateway}" if plan.gateway else "straight to Ollama"
        step("proxy", f"starting again, to send requests {way}")
    transition = Transition(request, running, plan)
    try:
        transition.carry_out(supervisor)
    except BaseException:
        again = supervised.connect(request.socket)
        if again is not None:
            say("going back to what ran before")
            transition.undo(again)
        raise
    rows = overview.states(plan, supervisor)
    overview.show_started(request, plan, rows)
    return _verdict(rows)


def _verdict(
    rows: Sequence[PartState], differs: Sequence[str] = (), going: Sequence[str] = ()
) -> int:
    """Exit code 0, or 1 after saying what is not as it should be.

    `differs` says what is set differently; `going` are the settings that a restart would drop.
    """
    problems = [
        f"{row.name} is {row.health}: make logs SERVICE={row.name}"
        for row in rows
        if not row.is_healthy
    ]
    problems += differs
    for problem in problems:
        complain(problem)
    if problems and KEYS_FILE in going:
        complain(f"name {KEYS_FILE} again, or set it to nothing, for `make restart` to apply them")
    elif problems:
        without = f", without {', '.join(going)}," if going else ""
        complain(f"`make restart` applies the settings{without} and starts every part again")
    return 1 if problems else 0


def differences(names: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """Variables that what runs was started with otherwise, in sentences; pure."""
    said = [name for name in names if name in variables]
    unsaid = [name for name in names if name not in variables]
    them = "it" if len(unsaid) == 1 else "them"
    found = [f"set differently since it was started: {', '.join(said)}"] if said else []
    if unsaid:
        found.append(
            f"started with {', '.join(unsaid)}, not set now: name {them} again, or put {them} into "
            ".env"
        )
    return found
