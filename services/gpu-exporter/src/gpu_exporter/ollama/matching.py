"""Which of the processes that are seen belong to the Ollama that is asked. Pure.

A machine may run several: in containers, for users, embedded engines. A model's process is of ours
where it has the weights of a model that ours has loaded; what started it is then our Ollama. Where
several have one model loaded, what else is known decides, one thing after the other: ours has
another model that nobody else has; it listens at the port that is asked; its model's context is the
one that it tells.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from gpu_exporter.ollama.sightings import Runner, Sightings
from ollama_observe.metrics.metric import OTHER


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the models of the Ollama that is asked, and of processes.

    `loaded` are names of models, `names` those of models by their weights. `may_listen` is whether
    a process may be the one that is asked, by its port. `is_as_told`: whether a runner's context is
    that of a model by its name.
    """

    loaded: Sequence[str]
    names: Mapping[str, str]
    may_listen: Callable[[int], bool]
    is_as_told: Callable[[Runner, str], bool]


@dataclass(frozen=True, slots=True)
class Match:
    """`runners` are those of loaded models, by name; names of one file are joined by `+`.

    `servers` are the processes that may be the Ollama that is asked; one of them where it is known.
    `strangers` is how many runners are of no model that is known to be loaded. `doubtful` are
    models that several Ollamas have loaded, none of which is known to be the one that is asked.
    """

    runners: Mapping[str, Runner]
    servers: frozenset[int]
    strangers: int = 0
    doubtful: Sequence[str] = ()


def match(sightings: Sightings, known: Known) -> Match:
    """Tell them apart, as far as that can be."""
    candidates = _candidates(sightings.runners, known)
    sure = {
        one.server for found in candidates.values() if len(_servers(found)) == 1 for one in found
    }
    runners: dict[str, Runner] = {}
    doubtful = []
    for name, found in sorted(candidates.items()):
        ours = _ours(found, name, sure, known)
        if len(_servers(ours)) == 1:
            # while a model is loaded anew there are two
            runners[name] = max(ours, key=lambda one: one.started)
        else:
            doubtful.append(name)
    servers = {runner.server for runner in runners.values() if runner.server}
    if not servers and not known.loaded:
        # it has no process by which it could be told
        servers = _narrowed(set(sightings.servers), known.may_listen)
    strangers = len(sightings.runners) - sum(map(len, candidates.values()))
    return Match(runners, frozenset(servers), strangers, tuple(doubtful))


def parts(name: str) -> Sequence[str]:
    """The names that are joined in one."""
    return name.split("+")


def _candidates(runners: Iterable[Runner], known: Known) -> Mapping[str, Sequence[Runner]]:
    """Runners by the name of the model that they have, of those that are loaded."""
    found: defaultdict[str, list[Runner]] = defaultdict(list)
    loaded = set(known.loaded)
    for runner in runners:
        name = known.names.get(runner.weights, OTHER)
        if name != OTHER and not loaded.isdisjoint(parts(name)):
            found[name].append(runner)
    return found


def _ours(found: Sequence[Runner], name: str, sure: Set[int], known: Known) -> Sequence[Runner]:
    """Those of one Ollama, or of several where nothing tells them apart."""
    tests: tuple[Callable[[Runner], bool], ...] = (
        lambda one: one.server in sure,
        lambda one: known.may_listen(one.server),
        lambda one: known.is_as_told(one, name),
    )
    for test in tests:
        if len(_servers(found)) > 1:
            found = [one for one in found if test(one)] or found
    return found


def _narrowed(servers: set[int], may_listen: Callable[[int], bool]) -> set[int]:
    if len(servers) < 2:
        return servers
    return {pid for pid in servers if may_listen(pid)} or servers


def _servers(runners: Iterable[Runner]) -> set[int]:
    return {runner.server for runner in runners}
