"""Which processes belong to the Ollama that is asked."""

from collections.abc import Sequence

from gpu_exporter.ollama.matching import Known, Match, match, parts
from gpu_exporter.ollama.sightings import Runner, Sightings

NAMES = {"w": "a:latest", "v": "b:latest", "two": "c:latest+d:latest", "much": "other"}
SERVERS = {1: ("ollama", "serve"), 2: ("ollama", "serve")}


def runner(weights: str, server: int = 1, pid: int = 10, started: float = 1.0) -> Runner:
    return Runner(pid, server, started, weights, ())


def matched(
    *runners: Runner,
    loaded: tuple[str, ...] = ("a:latest",),
    listening: Sequence[int] = (1, 2),
    as_told: Sequence[int] = (),
) -> Match:
    """`listening` are processes that may be the one that is asked, `as_told` numbers of runners
    whose context is the one that Ollama tells.
    """
    known = Known(
        loaded, NAMES, lambda pid: pid in listening, lambda runner, _: runner.pid in as_told
    )
    return match(Sightings(SERVERS, runners), known)


def test_a_runner_of_a_loaded_model_is_ours_and_so_is_who_started_it() -> None:
    ours = runner("w")
    assert matched(ours) == Match({"a:latest": ours}, frozenset({1}))


def test_runners_of_other_models_are_strangers_and_say_nothing_of_ours() -> None:
    strangers = [runner("v", 2), runner("unknown", 2), runner("", 2), runner("much", 2)]
    assert matched(*strangers) == Match({}, frozenset(), 4)
    ours = runner("w")
    assert matched(ours, *strangers) == Match({"a:latest": ours}, frozenset({1}), 4)


def test_two_names_of_one_file_are_one_runner() -> None:
    ours = runner("two")
    found = matched(ours, loaded=("d:latest",))
    assert dict(found.runners) == {"c:latest+d:latest": ours}
    assert parts("c:latest+d:latest") == ["c:latest", "d:latest"]


def test_while_a_model_is_loaded_anew_the_later_process_counts() -> None:
    old, new = runner("w", pid=99), runner("w", pid=7, started=2.0)
    assert matched(new, old) == Match({"a:latest": new}, frozenset({1}))


def test_a_runner_whose_ollama_is_not_seen_does_not_name_one() -> None:
    assert matched(runner("w", server=0)).servers == frozenset()


def test_with_nothing_loaded_any_ollama_may_be_the_one_that_may_listen() -> None:
    assert matched(loaded=()) == Match({}, frozenset({1, 2}))
    assert matched(loaded=(), listening=[2]).servers == frozenset({2})
    assert matched(loaded=(), listening=[]).servers == frozenset({1, 2})


def test_models_of_two_ollamas_leave_both() -> None:
    found = matched(runner("w", 1), runner("v", 2), loaded=("a:latest", "b:latest"))
    assert found.servers == frozenset({1, 2})
    assert list(found.runners) == ["a:latest", "b:latest"]


BOTH = (runner("w", 1, pid=10), runner("w", 2, pid=20, started=2.0))


def test_a_model_that_two_ollamas_have_loaded_is_left_out_and_named() -> None:
    doubtful = Match({}, frozenset(), 0, ("a:latest",))
    assert matched(*BOTH) == doubtful
    assert matched(*BOTH, listening=[]) == doubtful
    assert matched(*BOTH, as_told=[10, 20]) == doubtful


def test_the_ollama_that_has_another_of_our_models_is_ours() -> None:
    found = matched(*BOTH, runner("v", 1), loaded=("a:latest", "b:latest"), listening=[2])
    assert found.runners["a:latest"] is BOTH[0]
    assert (found.servers, found.doubtful) == (frozenset({1}), ())


def test_the_ollama_at_the_port_that_is_asked_is_ours() -> None:
    assert matched(*BOTH, listening=[1], as_told=[20]).runners == {"a:latest": BOTH[0]}


def test_the_ollama_with_the_context_that_is_told_is_ours() -> None:
    assert matched(*BOTH, as_told=[20]).runners == {"a:latest": BOTH[1]}
