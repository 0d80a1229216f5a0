"""Documents followed to the letter: every command that they show, in a stack of its own."""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stack.parts import GATEWAY_SCRIPT
from stack.places import REPOSITORY
from tests import documented
from tests.checkouts import copied
from tests.commands import Command, queries
from tests.components import need
from tests.fakes.memory import Memory
from tests.fakes.ollama import FakeOllama, Model
from tests.following import Follower, chosen
from tests.ollamas import serving

pytestmark = pytest.mark.long

MODELS = ("smollm2:135m", "llama3.2:3b", "llama3.1:8b", "multilingual-e5-small")


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[Follower]:
    """In front of a scripted Ollama; the stack is stopped at the end, whatever happened."""
    checkout = copied(tmp_path / "checkout")
    shutil.copy(REPOSITORY / "tests/fakes/nvml/consumer.json", checkout.folder / "card.json")
    fake = FakeOllama(
        Model(MODELS[0]), models={name: Model(name) for name in MODELS}, memory=Memory()
    )
    with serving(fake) as server:
        ports = {
            shown: checkout.variables.get(name, server.url.rpartition(":")[2])
            for shown, name in documented.PORTS.items()
        }
        variables = {
            "OLLAMA_URL": server.url,
            "DASHBOARD": "on",
            "PROMETHEUS_SCRAPE_INTERVAL_SECONDS": "1",
        }
        checkout.variables.update(variables)
        try:
            yield Follower(checkout, ports)
        finally:
            checkout.run("make stop", {})


@pytest.mark.timeout(900)
def test_every_command_that_a_document_shows_does_what_it_says(follower: Follower) -> None:
    for program in ("make", "curl", "jq"):
        need(program, shutil.which(program) is not None, f"install {program}")
    need("prometheus", shutil.which("prometheus") is not None, "install the package prometheus")
    every = chosen(absent(follower))
    later = [command for command in every if documented.LATER.search(command.words)]
    last = [command for command in every if command.words in documented.LAST]
    now = [command for command in every if command not in later and command not in last]

    follower.begin("start", now)
    fail_once(follower)
    follow(follower, now)
    for query in queries():
        follower.ask(query)
    follow_later(follower, later)
    for words in documented.LAST:
        follow(follower, [command for command in last if command.words == words])
    assert not follower.wrong, "\n".join(follower.wrong)


def absent(follower: Follower) -> list[re.Pattern[str]]:
    """Commands of what this machine lacks; what it has is a part of the stack."""
    downloads = Path(follower.checkout.variables["STACK_DOWNLOADS_DIR"])
    has_gateway = (downloads / "portkey" / GATEWAY_SCRIPT).exists() and shutil.which("node")
    has_alertmanager = shutil.which("prometheus-alertmanager") and shutil.which("amtool")
    found = []
    for name, is_there, pattern in (
        ("PORTKEY", has_gateway, documented.NEEDS_GATEWAY),
        ("ALERTMANAGER", has_alertmanager, documented.NEEDS_ALERTMANAGER),
    ):
        if is_there:
            follower.settings[name] = "on"
        else:
            found.append(pattern)
    return found


def fail_once(follower: Follower) -> None:
    """The log and the counters of errors have something to show."""
    url = f"http://127.0.0.1:{follower.ports['11435']}/api/chat"
    follower.checkout.run(f'curl -s {url} -d \'{{"model": "nobodys"}}\'', {})


def follow(follower: Follower, commands: list[Command]) -> None:
    """Each document in its order, beside what runs until it is ended."""
    by_document: dict[str, list[Command]] = {}
    serving = [each for each in commands if documented.SERVES.match(each.words)]
    for command in commands:
        if command not in serving:
            by_document.setdefault(command.document, []).append(command)
    with follower.serving(serving), ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(follow_in_order, follower, each) for each in by_document.values()]:
            done.result()


def follow_in_order(follower: Follower, commands: list[Command]) -> None:
    for command in commands:
        follower.follow(command)


def follow_later(follower: Follower, commands: list[Command]) -> None:
    """The file of keys first, then a start that has it."""
    makes = [command for command in commands if command.words.startswith("make api-key")]
    rest = [command for command in commands if command not in makes]
    follow(follower, makes)
    follower.begin("restart", rest)
    follow(follower, rest)
