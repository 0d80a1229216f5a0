"""The Makefile has the verbs that were promised, and each does what its name says."""

import os
import re
import shutil
import subprocess

import pytest

from stack import local, runtime, serviced
from stack.arguments import parse
from stack.docker import verbs
from stack.places import REPOSITORY
from stack.wish import STARTS
from tests.components import need

MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
RECIPE = re.compile(r"^([a-z][a-z-]*):[^=\n]*## .*\n((?:\t.*\n)*)", re.MULTILINE)
RECIPES = dict(RECIPE.findall(MAKEFILE))
PROMISED = (
    *("setup", "install", "pull-model", "start", "stop", "restart", "status", "validate", "test"),
    *("lint", "metrics", "logs", "traffic", "traffic-quick", "traffic-demo", "traffic-stress"),
    *("dashboard", "start-dashboard", "stop-dashboard", "install-dashboard"),
    *("start-portkey", "stop-portkey", "health-portkey", "start-with-portkey"),
    *("traffic-portkey", "traffic-portkey-direct", "traffic-portkey-proxy"),
    *("start-proxy", "start-proxy-portkey", "start-ollama"),
    *("images", "bundle", "load", "install-service", "remove-service"),
    *("cache-clear", "cache-eval", "top", "api-key", "fit"),
)
CALLED = {
    name: match[1]
    for name, body in RECIPES.items()
    if (match := re.search(r"(?:\$\(PY\) )?-m stack ([a-z-]+)", body))
}


@pytest.mark.parametrize("verb", PROMISED)
def test_a_promised_verb_is_there_with_a_sentence(verb: str) -> None:
    assert verb in RECIPES


def test_no_verb_is_written_twice() -> None:
    names = re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("verb", sorted(RECIPES))
def test_a_verb_is_no_file(verb: str) -> None:
    phony = " ".join(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)).split()
    assert verb in phony


@pytest.mark.parametrize("verb", sorted(RECIPES))
def test_a_verb_is_three_commands_at_most(verb: str) -> None:
    commands = re.sub(r"\\\n", "", RECIPES[verb]).splitlines()
    assert 1 <= len(commands) <= 3


@pytest.mark.parametrize(("verb", "called"), sorted(CALLED.items()))
def test_a_verb_calls_one_that_the_stack_knows(verb: str, called: str) -> None:
    assert parse([called]).verb == called
    assert called == verb or called == "traffic"


@pytest.mark.parametrize("called", sorted(set(CALLED.values())))
def test_a_verb_is_known_in_every_world_that_it_has(called: str) -> None:
    if called in runtime.OF_IMAGES:
        assert called in verbs.VERBS
        return
    assert called in local.VERBS
    is_of_no_world = called in runtime.OF_NO_WORLD
    assert (called in verbs.VERBS) is not is_of_no_world


@pytest.mark.parametrize("verb", sorted(CALLED))
def test_a_verb_knows_a_checkout_that_is_not_set_up(verb: str) -> None:
    answers = ("$(REQUIRE_SETUP)", "$(REQUIRE_VERBS)", "scripts/stop.sh", "scripts/machine.sh")
    assert any(answer in RECIPES[verb] for answer in answers)


def test_what_a_service_answers_is_a_verb() -> None:
    assert set(serviced.VERBS) <= set(CALLED.values())


@pytest.mark.parametrize("verb", [*STARTS, "setup", "restart", "install", "pull-model"])
def test_a_verb_that_fetches_first_brings_the_packages_of_its_world(verb: str) -> None:
    assert RECIPES[verb].startswith("\t@$(ENVIRONMENT) local\n")


def would_run(*words: str, **variables: str) -> str:
    """What make would run, with these variables in its environment."""
    need("make", shutil.which("make") is not None, "install make")
    done = subprocess.run(
        ["make", "-C", str(REPOSITORY), "--dry-run", *words],
        env={"PATH": os.defpath, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_another_machine_is_meant_only_where_it_is_named_to_make() -> None:
    named = would_run("top", "HOST=gpu-box", "FLAGS=--once")
    assert '-m stack top --host "$HOST" --once\n' in named
    # who has no stack of his own gets what it takes to look at another
    assert "scripts/environment.sh docker\n" in named
    # as some shells export it
    assert "--host" not in would_run("top", HOST="here")
    assert "environment.sh" not in would_run("top", HOST="here")


def test_a_key_without_its_owner_is_asked_for_in_make_s_words() -> None:
    need("make", shutil.which("make") is not None, "install make")

    def made(*words: str) -> subprocess.CompletedProcess[str]:
        # whatever Python would do is done
        command = ["make", "-C", str(REPOSITORY), "api-key", "PY=true", *words]
        return subprocess.run(
            command, env={"PATH": os.defpath}, capture_output=True, text=True, check=False
        )

    nobody = made()
    assert nobody.returncode == 2
    assert nobody.stderr.startswith("whose? make api-key ALIAS=alice\n")
    assert [made(words).returncode for words in ("ALIAS=alice", "FLAGS=--help")] == [0, 0]


def test_make_alone_prints_every_verb_with_its_sentence() -> None:
    need("make", shutil.which("make") is not None, "install make")
    done = subprocess.run(
        ["make", "-C", str(REPOSITORY)], capture_output=True, text=True, check=True
    )
    printed = set(re.findall(r"^  ([a-z-]+) ", done.stdout, re.MULTILINE))
    assert printed == set(RECIPES)
