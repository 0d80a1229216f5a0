"""`start` and its kin in containers: what is asked for, by health; or nothing at all."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from stack.console import say, step
from stack.docker import containers as reading
from stack.docker import engine, overview
from stack.docker.belonging import note
from stack.docker.containers import PULL_MODEL, Container, parts_of, several
from stack.docker.down import take_down
from stack.docker.preparing import (
    WHOLE,
    Prepared,
    as_it_runs,
    have_images,
    log_of,
    ours,
    prepare,
    require_ports,
)
from stack.docker.told import note_told, told_anew
from stack.errors import StackError
from stack.request import Request
from stack.unsaid import require_keys, sentence
from stack.wish import Wish, wish_of

_WAIT_SECONDS = "600"
_LAST_LINES = "15"

_BY_ITS_WORD = (("portkey", "PORTKEY"), ("traffic", "TRAFFIC"), ("grafana", "GRAFANA"))
"""Parts that a restart leaves as they are unless their variable says something."""


def start(
    request: Request,
    verb: str = "start",
    wish: Wish | None = None,
    before: Sequence[Container] | None = None,
) -> int:
    """Bring up what the verb asks for, beside what runs; as many of a service as ran `before`.

    Raises: UnfitError before anything was started; StackError after undoing a half start.
    """
    asked = wish or wish_of(verb, request.settings)
    found = ours(request)
    is_whole = wish is None and verb in WHOLE
    prepared = prepare(request, engine.look(request.variables), found, asked, is_whole)
    going, plan = told_anew(request, found, prepared.services)
    require_keys(going, parts_of(found), verb)
    say("Ollama Observe, in containers")
    step("model API", prepared.choice.model_api)
    require_ports(prepared, found, verb)
    have_images(request, prepared)
    if going:
        say(sentence(going))
    bring_up(request, prepared, found, several(found if before is None else before))
    note_told(request.places, plan)
    now = reading.containers(prepared.project)
    overview.show_started(request, prepared, now)
    return overview.verdict(now)


def set_up(request: Request) -> int:
    """Build and pull what a start needs, start nothing. Raises: UnfitError, StackError."""
    wish = wish_of("start", request.settings)
    prepared = prepare(request, engine.look(request.variables), ours(request), wish, True)
    step("model API", prepared.choice.model_api)
    have_images(request, prepared)
    step("images", "all here")
    return 0


def restart(request: Request) -> int:
    """Stop, then start what ran, with the settings of now. Raises: StackError."""
    found = [one for one in ours(request) if not one.is_run]
    before = [one for one in found if one.is_running]
    wish = wish_after(request, found)
    again = as_it_ran(request, before)
    going, _ = told_anew(request, before, [one.service for one in before])
    require_keys(going, parts_of(before), "restart")
    # what runs is not stopped for images that cannot be had
    prepared = prepare(again, engine.look(again.variables), before, wish, False)
    have_images(again, prepared)
    if going:
        say(sentence(going))
    take_down(request)
    say(f"starting again: {', '.join(sorted(wish.parts))}")
    return start(again, "start", wish, before)


def wish_after(request: Request, found: Sequence[Container]) -> Wish:
    """What ran, less what is switched off now, and with what is switched on; pure."""
    settings = request.settings
    parts = {one.part for one in found if one.is_running}
    if "ollama" in parts and (request.variables.get("MODEL") or _has_fetched(found)):
        parts.add(PULL_MODEL)
    for part, variable in _BY_ITS_WORD:
        said = request.variables.get(variable, "").strip()
        parts = parts | {part} if said == "on" else parts - {part} if said == "off" else parts
    switches = ("gpu_exporter", "prometheus", "dashboard")
    off = {name.replace("_", "-") for name in switches if getattr(settings, name) == "off"}
    is_ollama = {"ollama", "engine"} & parts
    return Wish(frozenset(parts - off - is_ollama | ({"ollama"} if is_ollama else set())))


def _has_fetched(found: Iterable[Container]) -> bool:
    return any(one.service == PULL_MODEL for one in found)


def as_it_ran(request: Request, before: Iterable[Container]) -> Request:
    """The same request with the engine that ran, of which nobody says `demo` again; pure."""
    instead = [one for one in before if one.service in ("engine", "gpu-exporter-demo")]
    found = as_it_runs({}, instead)
    profiles = request.variables.get("COMPOSE_PROFILES") or found.get("COMPOSE_PROFILES", "")
    return replace(request, variables={**request.variables, "COMPOSE_PROFILES": profiles})


def bring_up(
    request: Request,
    prepared: Prepared,
    found: Sequence[Container],
    counts: Mapping[str, int],
) -> None:
    """Start the services, and wait for their health. Raises: StackError after undoing it."""
    is_afresh = not any(one.is_running for one in found)
    step("starting", ", ".join(prepared.lasting))
    note(request.places)
    try:
        words = ("--wait", "--wait-timeout", _WAIT_SECONDS, "--pull", "never", "--no-build")
        scales = scaled(prepared, counts)
        code, said = prepared.project.logged(
            log_of(request), "up", "--detach", *words, *scales, *prepared.lasting
        )
        if code:
            raise StackError(_why(prepared, said))
        # one that has nothing to do ends at once, which Compose takes for a failure if it waits
        for name in prepared.ending:
            prepared.project.logged(log_of(request), "up", "--detach", "--no-deps", name)
    except BaseException:
        if is_afresh:
            say("stopping what was started")
            take_down(request)
        raise


def scaled(prepared: Prepared, counts: Mapping[str, int]) -> tuple[str, ...]:
    """Flags for services of which several run, where no file says how many; pure.

    Without them Compose goes back to one.
    """
    known = json.loads(prepared.config)["services"]
    chosen = {name: count for name, count in counts.items() if name in prepared.lasting}
    return tuple(
        f"--scale={name}={count}"
        for name, count in chosen.items()
        if "scale" not in known[name] and "replicas" not in known[name].get("deploy", {})
    )


def _why(prepared: Prepared, said: str) -> str:
    """What Compose says, and the last lines of those that are not well."""
    lines = [line for line in said.splitlines() if line.strip()]
    sentences = [f"Compose could not start it: {lines[-1].strip() if lines else 'no reason given'}"]
    for one in reading.containers(prepared.project):
        if one.is_done or (one.is_running and one.health in ("", "healthy", "starting")):
            continue
        sentences.append(f"the end of the log of {one.service} ({one.status or one.state}):")
        last = prepared.project.asked("logs", "--no-log-prefix", "--tail", _LAST_LINES, one.service)
        sentences += [f"  {line}" for line in (last or "").splitlines()]
    return "\n".join(sentences)
