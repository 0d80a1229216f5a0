"""Who follows documents to the letter: runs each command as it stands, and judges what came."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from stack.waiting import wait_until
from tests import documented
from tests.checkouts import Checkout
from tests.commands import Command, commands
from tests.prometheus_api import PrometheusApi
from tests.stacks import own_ports

WITHIN_SECONDS = 30.0
SETS = re.compile(r"^(?:OLLAMA_URL=\S+ )?make (?:start|restart|start-with-portkey)(?: |$)")
SETTING = re.compile(r"(?:^| )([A-Z_]+)=(\S+)")
ASKED = re.compile(r"ask '([^']*)'$")
KEY = re.compile(r"\boo-[\w-]{43}\b")


@dataclass
class Follower:
    """Does what documents say, and notes what came of it."""

    checkout: Checkout
    ports: Mapping[str, str]
    """As documents name them, and what they are here."""
    settings: dict[str, str] = field(default_factory=dict)
    """With which the stack runs."""
    wrong: list[str] = field(default_factory=list)

    def here(self, text: str) -> str:
        """A command with the addresses of this stack, and what stands in for a word of it."""
        for shown, instead in documented.INSTEAD.items():
            # as it stands, whatever a backslash in it means to a pattern
            found = re.search(rf"{re.escape(shown)}(?= |$)", text)
            text = f"{text[: found.start()]}{instead}{text[found.end() :]}" if found else text
        text = documented.HOSTS.sub("127.0.0.1", text)
        text = re.sub(
            r"\b(\w+_PORT)=\d+", lambda m: f"{m[1]}={self.checkout.variables[m[1]]}", text
        )
        return re.sub(r"(?<=[a-z0-9]:)\d{4,5}\b", lambda m: self.ports.get(m[0], m[0]), text)

    def begin(self, verb: str, chosen: Sequence[Command]) -> None:
        """Start with every setting that these commands name, which each then finds in force."""
        for command in chosen:
            if SETS.match(command.words):
                self.settings |= dict(SETTING.findall(self.here(command.words)))
        done = self.checkout.run(f"make {verb}", self.settings)
        assert done.returncode == 0, done.stdout + done.stderr

    def follow(self, command: Command) -> None:
        """Run one command; what a start or a restart names runs already, with just that."""
        if query := ASKED.match(command.words):
            self.ask(query[1])
            return
        text, is_setting = self.here(command.text), SETS.match(command.words)
        if is_setting:
            text = text.replace("make restart", "make start")
        if command.text.startswith("ask()"):
            text = f"{text}\nask up"
        done = self.checkout.run(text, self.settings)
        self._judge(command, done)
        if is_setting and "nothing changed" not in done.stdout:
            self.note(command, done, "expected a stack that runs with this already")
        if key := KEY.search(done.stdout):
            self.settings["KEY"] = key[0]

    def ask(self, query: str) -> None:
        """As `ask` of the runbook does, which is run itself once: Prometheus takes the query."""
        url = f"http://127.0.0.1:{self.ports['9090']}"
        PrometheusApi(url).ask(f"query?{urllib.parse.urlencode({'query': query})}")

    def _judge(self, command: Command, done: subprocess.CompletedProcess[str]) -> None:
        codes = {0, 2} if documented.MAY_FAIL.match(command.words) else {0}
        if done.returncode not in codes:
            self.note(command, done, f"exit code {done.returncode}")
        expected = documented.longest(documented.SAYS, command.words)
        if expected and not re.search(documented.SAYS[expected], done.stdout, re.MULTILINE):
            self.note(command, done, f"expected {documented.SAYS[expected]!r}")
        elif not done.stdout.strip() and not documented.SILENT.match(command.words):
            self.note(command, done, "it says nothing")
        if "Traceback" in done.stdout + done.stderr:
            self.note(command, done, "a traceback")

    def note(self, command: Command, done: subprocess.CompletedProcess[str], why: str) -> None:
        """One command that did not do what it should."""
        said = "\n    ".join((done.stdout + done.stderr).splitlines()[-8:])
        self.wrong.append(f"{command.document}:{command.line}: {command.words}: {why}\n    {said}")

    @contextlib.contextmanager
    def serving(self, chosen: Sequence[Command]) -> Iterator[None]:
        """What runs in the foreground, all of it at once; each answers and ends when it is told."""
        with contextlib.ExitStack() as stack:
            running = [(each, *stack.enter_context(self._served(each))) for each in chosen]
            yield
            for command, process, port in running:
                if not wait_until(partial(_answers, port), WITHIN_SECONDS, 0.1):
                    self.wrong.append(f"{command.document}:{command.line}: nobody answers")
                os.killpg(process.pid, signal.SIGTERM)
                said, _ = process.communicate(timeout=WITHIN_SECONDS)
                if "Traceback" in said or process.returncode not in (0, 2, -signal.SIGTERM):
                    self.wrong.append(f"{command.document}:{command.line}: {said[-600:]}")

    @contextlib.contextmanager
    def _served(self, command: Command) -> Iterator[tuple[subprocess.Popen[str], str]]:
        ports = own_ports()
        kept = {name: self.checkout.variables[name] for name in ports}
        is_page = command.words == "make dashboard"
        own = kept | {"DASHBOARD_PORT": ports["DASHBOARD_PORT"]} if is_page else ports
        given = self.settings if is_page else {}
        process = subprocess.Popen(
            ["bash", "-c", self.here(command.text)],
            cwd=self.checkout.folder,
            env=self.checkout.variables | given | own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        names = {"proxy": "PROXY", "engine": "ENGINE", "gpu_exporter": "GPU_EXPORTER"}
        module = re.search(r"-m (\w+)", command.words)
        name = names.get(module[1] if module else "", "DASHBOARD")
        with process:
            try:
                yield process, own[f"{name}_PORT"]
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _answers(port: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


def _is_run_here(command: Command) -> bool:
    elsewhere = documented.longest({*documented.ELSEWHERE, *documented.NOT_HERE}, command.words)
    return elsewhere is None


def chosen(left_out: Sequence[re.Pattern[str]]) -> list[Command]:
    """The commands that are run here, each once, in the order of the documents."""
    found: dict[str, Command] = {}
    for command in commands():
        is_left_out = any(pattern.search(command.words) for pattern in left_out)
        if _is_run_here(command) and not is_left_out:
            found.setdefault(command.words, command)
    return list(found.values())
